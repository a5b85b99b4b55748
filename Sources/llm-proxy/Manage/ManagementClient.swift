import ProxyClient
import ProxyCore
import ProxyWire

/// The management API of one server, or what it offers to the holder of an access token.
final class ManagementClient {
  /// Answers larger than this are not taken; a page of a list is far smaller.
  private static let answerLimitBytes = 64 << 20
  private static let refusalLimitBytes = 64 << 10

  /// A token, and where users set it: told when it is refused.
  struct Credentials {
    let token: Secret
    let origin: String

    init(_ token: Secret, _ origin: String) {
      self.token = token
      self.origin = origin
    }
  }

  /// The server.
  let server: BaseURL
  private let credentials: Credentials
  private let session: ClientSession
  private let interruption: Int32

  /// A client; nothing is sent.
  ///
  /// - Parameter interruption: a descriptor that can be read once the user wants no more, or -1.
  init(
    _ server: BaseURL, credentials: Credentials, _ settings: ClientSettings, interruption: Int32 = -1
  ) throws(CommandFailure) {
    self.server = server
    self.credentials = credentials
    self.interruption = interruption
    do { session = try ClientSession(settings) } catch { throw CommandFailure(error) }
  }

  /// What came back: the document (`null` for an empty body), and the fields of the head.
  struct Answer {
    let document: JSONValue
    fileprivate let transfer: Transfer

    /// The first field of this name in lower case.
    func header(_ name: String) -> String? { transfer.header(name) }
  }

  /// Sends a request and takes its answer. Throws when it is no success.
  func call(
    _ method: String, _ path: String, query: [(String, String)] = [], body: JSONValue? = nil,
    headers: [(name: String, value: String)] = []
  ) throws(CommandFailure) -> Answer {
    let pairs = query.map { "\($0.0)=\(BaseURL.encoded($0.1))" }
    var request = request(method, path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")))
    request.headers = headers + [("Accept", "application/json")]
    if let body {
      request.headers.append(("Content-Type", "application/json"))
      request.body = body.bytes
    }
    let transfer = try perform(request, into: .collect(limitBytes: Self.answerLimitBytes))
    guard (200..<300).contains(transfer.status) else { throw refusal(transfer, body: transfer.body) }
    return Answer(document: try document(transfer), transfer: transfer)
  }

  /// Hands out the server-sent events at `path` until the server ends. Throws `interrupted` after Ctrl-C, and when
  /// `take` wants no more.
  func follow(_ path: String, take: @escaping (SSEEvent) -> Bool) throws(CommandFailure) {
    var request = request("GET", path)
    request.headers = [("Accept", "text/event-stream")]
    var splitter = SSESplitter()
    var refused: [UInt8] = []
    let transfer = try perform(
      request,
      into: .stream { transfer, bytes in
        guard transfer.status == 200 else {
          refused.append(contentsOf: bytes.prefix(Self.refusalLimitBytes - refused.count))
          return true
        }
        var wantsMore = true
        // An event beyond the limit is none of ours.
        do { try splitter.feed(bytes) { wantsMore = wantsMore && take($0) } } catch { return false }
        return wantsMore
      })
    guard transfer.status == 200 else { throw refusal(transfer, body: refused) }
  }

  private func request(_ method: String, _ target: String) -> ClientRequest {
    var request = ClientRequest(method, server, target)
    request.credentials = credentials.token
    return request
  }

  private func perform(
    _ request: ClientRequest, into sink: ClientRequest.BodySink
  ) throws(CommandFailure) -> Transfer {
    do {
      return try session.perform(request, into: sink, interruption: interruption)
    } catch {
      throw CommandFailure(error)
    }
  }

  private func document(_ transfer: Transfer) throws(CommandFailure) -> JSONValue {
    if transfer.body.isEmpty { return .null }
    do { return try JSONReader.firstValue(of: transfer.body) } catch {
      throw CommandFailure(
        .failure, "\(server) answered something that is not JSON; is this the address of llm-proxy?")
    }
  }

  /// The answer as a failure: the server's own sentence and code, and what to do where we know better.
  private func refusal(_ transfer: Transfer, body: [UInt8]) -> CommandFailure {
    let status = transfer.status
    let document = try? JSONReader.firstValue(of: body)  // an answer of something else is told below
    guard let message = document?["error"]?.stringValue else {
      let what =
        (300..<400).contains(status)
        ? "a redirection to \(Terminal.visible(transfer.header("location") ?? "nowhere")); use that address"
        : "status \(status); is this the address of llm-proxy?"
      return CommandFailure(CommandStatus(httpStatus: status), "\(server) answered \(what)")
    }
    var text = Terminal.visible(message)
    if let code = document?["code"]?.stringValue { text += " (\(Terminal.visible(code)))" }
    switch status {
    case 401: text += "; check \(credentials.origin)"
    case 412: text += "; get it again for its present ETag"
    case 429, 503:
      if let seconds = transfer.header("retry-after") {
        text += "; try again in \(Terminal.visible(seconds)) s"
      }
    default: break
    }
    return CommandFailure(CommandStatus(httpStatus: status), text)
  }
}
