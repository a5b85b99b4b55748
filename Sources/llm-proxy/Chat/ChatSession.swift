import Glibc
import ProxyClient
import ProxyCore

/// One conversation: its messages, and the connection they go over. Belongs to one thread.
final class ChatSession {
  private let settings: ChatSettings
  private let session: ClientSession
  private let interruption: Interruption
  private var messages: [JSONValue] = []

  /// Begins a conversation; nothing is sent yet.
  init(_ settings: ChatSettings, _ client: ClientSettings, _ interruption: Interruption)
    throws(CommandFailure)
  {
    self.settings = settings
    self.interruption = interruption
    do { session = try ClientSession(client) } catch { throw CommandFailure(error) }
    if !settings.system.isEmpty { messages.append(Self.message("system", settings.system)) }
  }

  /// Sends one message and prints the answer to standard output.
  func answer(_ prompt: String) throws {
    messages.append(Self.message("user", prompt))
    let turn = ChatTurn { Console.write($0) }
    try ask(turn)
    if !turn.answer.hasSuffix("\n") { Console.write("\n") }
  }

  /// Takes messages from the terminal until the user ends it.
  func converse() throws {
    Console.note("Chatting with \(settings.model) at \(settings.server). `exit` or Ctrl-D ends the session.")
    let reader = LineReader(interruption)
    while let line = try next(reader) {
      let text = line.trimmed
      if ["exit", "quit"].contains(text.lowercased()) { break }
      if !text.isEmpty { exchange(text) }
    }
    Console.note("Ending chat session")
  }

  /// The next line; `nil` when the user wants no more, whichever way that was said.
  private func next(_ reader: LineReader) throws(CommandFailure) -> String? {
    do {
      return try reader.line("you> ")
    } catch {
      guard error.status == .interrupted else { throw error }
      Console.note("")
      return nil
    }
  }

  /// One message and its answer. A failure is told, and the conversation goes on as if the message had not been sent.
  private func exchange(_ text: String) {
    messages.append(Self.message("user", text))
    let turn = ChatTurn { Console.write($0) }
    do {
      try ask(turn)
      Console.write("\n")
    } catch let failure as CommandFailure where failure.status == .interrupted {
      _ = interruption.take()
      Console.note("\n(interrupted)")
    } catch {
      if !turn.answer.isEmpty { Console.write("\n") }
      Console.error("\(error)")
    }
    // Half an answer is part of the conversation; none is not.
    if turn.answer.isEmpty {
      messages.removeLast()
    } else {
      messages.append(Self.message("assistant", turn.answer))
    }
  }

  private func ask(_ turn: ChatTurn) throws {
    var request = ClientRequest("POST", settings.server, "/v1/chat/completions")
    request.credentials = settings.token
    request.headers = [
      ("Content-Type", "application/json"),
      ("Accept", settings.isStreaming ? "text/event-stream" : "application/json"),
    ]
    request.body = body.bytes
    let transfer: Transfer
    do {
      transfer = try session.perform(
        request, into: .stream { turn.take($1, status: $0.status, type: $0.header("content-type") ?? "") },
        interruption: interruption.descriptor)
    } catch {
      throw turn.failure ?? CommandFailure(error)
    }
    try turn.end(transfer)
    if settings.isVerbose { Console.note(turn.summary(transfer)) }
  }

  private var body: JSONValue {
    var members: [JSONValue.Member] = [
      .init(name: "model", value: .string(settings.model)), .init(name: "messages", value: .array(messages)),
      .init(name: "temperature", value: .number("\(settings.temperature)")),
    ]
    if settings.maxTokens > 0 {
      members.append(.init(name: "max_tokens", value: .integer(settings.maxTokens)))
    }
    if settings.isStreaming { members.append(.init(name: "stream", value: .bool(true))) }
    if settings.isStreaming, settings.isVerbose {
      members.append(.init(name: "stream_options", value: ["include_usage": .bool(true)]))
    }
    return .object(members)
  }

  private static func message(_ role: String, _ text: String) -> JSONValue {
    ["role": .string(role), "content": .string(text)]
  }
}

extension String {
  /// The text without white space around it.
  var trimmed: String {
    let rest = drop { $0.isWhitespace }
    return rest.lastIndex { !$0.isWhitespace }.map { String(rest[...$0]) } ?? ""
  }
}
