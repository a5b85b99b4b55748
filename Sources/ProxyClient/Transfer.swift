import CCurl
import ProxyCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One request on its way, and what has come back. Belongs to its session's thread.
public final class Transfer {
  /// Status of the answer; 0 before its head has arrived.
  public private(set) var status = 0
  /// Fields of the answer's head, in the order in which they came.
  public private(set) var headers: [(name: String, value: String)] = []
  /// The body, when it is gathered.
  public private(set) var body: [UInt8] = []
  /// Why there is no whole answer; `nil` while there is no reason.
  public private(set) var failure: ClientFailure?
  /// From the start of the request to the first byte of the answer.
  public private(set) var timeToFirstByte: Duration = .zero
  /// From the start of the request to the end of the answer.
  public private(set) var totalTime: Duration = .zero
  /// Bytes of the body that arrived.
  public private(set) var receivedBytes = 0

  /// The handle while the transfer runs.
  private(set) var handle: UnsafeMutableRawPointer?
  private let origin: String
  private let sink: ClientRequest.BodySink
  private var fields: UnsafeMutablePointer<curl_slist>?
  private let errorText: UnsafeMutablePointer<CChar>
  private var refusal: ClientFailure?

  /// True until the answer has ended, one way or the other.
  public var isRunning: Bool { handle != nil }

  /// The first field of this name, whatever its case.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name }?.value
  }

  init(
    _ easy: UnsafeMutableRawPointer, _ request: ClientRequest, _ sink: ClientRequest.BodySink,
    _ settings: ClientSettings
  ) throws(ClientFailure) {
    origin = request.server.origin
    self.sink = sink
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    handle = easy
    let lines = try Self.lines(of: request)
    for line in lines {
      guard let longer = ccurl_slist_append(fields, line) else {
        throw ClientFailure(.unusable, "there is no memory left")
      }
      fields = longer
    }
    prepare(easy, request, settings)
  }

  deinit {
    ccurl_slist_free_all(fields)
    errorText.deallocate()
  }

  /// The header fields as lines. Refuses what would break out of its line.
  private static func lines(of request: ClientRequest) throws(ClientFailure) -> [String] {
    var lines: [String] = []
    // An empty value takes the field out: no server of ours asks for permission to send a body.
    if request.body != nil { lines.append("Expect:") }
    for (name, value) in request.headers {
      guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
        throw ClientFailure(.unusable, "the value of \(name) holds a control character and cannot be sent")
      }
      lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    if let credentials = request.credentials {
      let text = credentials.revealText()
      guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
        throw ClientFailure(
          .unusable,
          "the token holds a space or another character that cannot be sent; check how it was copied")
      }
      lines.append("Authorization: Bearer \(text)")
    }
    return lines
  }

  /// Called when libcurl has ended the transfer.
  func end(_ result: CURLcode, _ settings: ClientSettings) {
    guard let easy = handle else { return }
    handle = nil
    status = ccurl_info_long(easy, CURLINFO_RESPONSE_CODE)
    timeToFirstByte = .microseconds(ccurl_info_size(easy, CURLINFO_STARTTRANSFER_TIME_T))
    totalTime = .microseconds(ccurl_info_size(easy, CURLINFO_TOTAL_TIME_T))
    guard result != CURLE_OK else { return }
    failure =
      refusal
      ?? ClientFailure(
        result, String(cString: errorText), osError: ccurl_info_long(easy, CURLINFO_OS_ERRNO), origin: origin,
        settings)
  }

  /// Called when nobody waits for the answer any more.
  func cancel() {
    handle = nil
    failure = ClientFailure(.interrupted, "interrupted")
  }

  // MARK: what libcurl calls

  fileprivate func take(header line: UnsafeRawBufferPointer) {
    var text = String(decoding: line, as: UTF8.self)
    while text.last?.isNewline == true { text.removeLast() }
    // A head begins with the status line; interim answers come with heads of their own.
    if text.hasPrefix("HTTP/") { return headers.removeAll() }
    guard let colon = text.firstIndex(of: ":") else { return }
    let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    headers.append((String(text[..<colon]), String(value)))
  }

  /// False ends the transfer.
  fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Bool {
    if status == 0, let easy = handle { status = ccurl_info_long(easy, CURLINFO_RESPONSE_CODE) }
    receivedBytes += bytes.count
    switch sink {
    case .collect(let limit):
      guard receivedBytes <= limit else {
        refusal = ClientFailure(.tooLarge, "the answer of \(origin) is larger than \(limit) bytes")
        return false
      }
      body.append(contentsOf: bytes)
      return true
    case .stream(let receive):
      if receive(self, bytes) { return true }
      refusal = ClientFailure(.interrupted, "interrupted")
      return false
    }
  }
}

// MARK: - Options

extension Transfer {
  private func prepare(
    _ easy: UnsafeMutableRawPointer, _ request: ClientRequest, _ settings: ClientSettings
  ) {
    let this = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_text(easy, CURLOPT_URL, request.server.description + request.target)
    ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    ccurl_set_text(easy, CURLOPT_USERAGENT, "\(ProxyVersion.name)/\(ProxyVersion.number)")
    ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, fields)
    ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    // Signals are for the program; libcurl would use SIGALRM for name resolution.
    ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    ccurl_set_long(
      easy, CURLOPT_HTTP_VERSION, settings.isHTTP1Only ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS)
    ccurl_set_text(easy, CURLOPT_NOPROXY, Self.unproxied)
    ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeout.wholeMilliseconds)
    if let total = settings.totalTimeout { ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, total.wholeMilliseconds) }
    if let idle = settings.idleTimeout {
      ccurl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1)
      ccurl_set_long(easy, CURLOPT_LOW_SPEED_TIME, max(1, idle.wholeMilliseconds / 1_000))
    }
    if let file = settings.authorityFile { ccurl_set_text(easy, CURLOPT_CAINFO, file) }
    set(method: request.method, body: request.body, on: easy)
    ccurl_set_pointer(easy, CURLOPT_HEADERDATA, this)
    ccurl_set_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, this in
      guard let bytes, let this else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(this).takeUnretainedValue()
      transfer.take(header: UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
    ccurl_set_pointer(easy, CURLOPT_WRITEDATA, this)
    ccurl_set_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, this in
      guard let bytes, let this else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(this).takeUnretainedValue()
      let isWanted = transfer.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
      // Another number than that of the bytes ends the transfer; for no bytes none is possible.
      return isWanted ? size * count : size * count + 1
    }
  }

  private func set(method: String, body: [UInt8]?, on easy: UnsafeMutableRawPointer) {
    if method == "HEAD" {
      ccurl_set_long(easy, CURLOPT_NOBODY, 1)
    } else if let body {
      // The size first: the copy is made when the bytes are given.
      ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      _ = (body + [0]).withUnsafeBufferPointer { bytes in
        ccurl_set_pointer(
          easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: UnsafeRawPointer(bytes.baseAddress))
        )
      }
    }
    ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, method)
  }

  /// Names that are reached without the proxy of the environment: those it says, and this machine's own.
  private static let unproxied: String = {
    let own = "localhost,127.0.0.1,::1"
    guard let text = getenv("no_proxy") ?? getenv("NO_PROXY") else { return own }
    let names = String(cString: text)
    return names.isEmpty ? own : names == "*" ? names : "\(names),\(own)"
  }()
}

extension Duration {
  /// In milliseconds, at least 1.
  var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    return max(1, Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000))
  }
}
