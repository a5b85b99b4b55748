import NIOCore
import NIOEmbedded
import NIOHTTP1
import ProxyWire
import WireFuzz

/// What swift-nio's decoder made of some bytes, in the form that our own replay has.
struct NIOTranscript {
  var messages: [ReplayedMessage] = []
  var isRefused = false

  /// Decodes requests.
  static func requests(_ bytes: [UInt8], cuts: [Int]) -> NIOTranscript {
    var transcript = NIOTranscript()
    let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder()))
    transcript.feed(channel, bytes, cuts)
    while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) { transcript.take(part) }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return transcript
  }

  /// Decodes the answers to requests with these methods, then closes.
  static func responses(_ bytes: [UInt8], to methods: [ProxyWire.Method], cuts: [Int]) -> NIOTranscript {
    var transcript = NIOTranscript()
    let decoder = HTTPResponseDecoder(informationalResponseStrategy: .forward)
    let channel = EmbeddedChannel(handler: ByteToMessageHandler(decoder))
    // The last request is asked for ever, as in our replay; no input here holds more answers.
    let last = methods.last ?? .get
    for method in methods + Array(repeating: last, count: 12) {
      let head = HTTPRequestHead(version: .http1_1, method: .init(rawValue: "\(method.name)"), uri: "/")
      _ = try? channel.writeOutbound(HTTPClientRequestPart.head(head))
    }
    transcript.feed(channel, bytes, cuts)
    // A body cut short by the close is an error to them and an unfinished message to us; the comparison sees
    // that.
    _ = try? channel.finish(acceptAlreadyClosed: true)
    while let part = try? channel.readInbound(as: HTTPClientResponsePart.self) { transcript.take(part) }
    return transcript
  }

  private mutating func feed(_ channel: EmbeddedChannel, _ bytes: [UInt8], _ cuts: [Int]) {
    var start = 0
    for end in cuts + [bytes.count] where !isRefused {
      do {
        try channel.writeInbound(ByteBuffer(bytes: bytes[start..<end]))
      } catch {
        isRefused = true
      }
      start = end
    }
  }

  private mutating func take(_ part: HTTPServerRequestPart) {
    switch part {
    case .head(let head):
      add(
        ReplayedMessage(
          start: head.method.rawValue, target: Array(head.uri.utf8), minorVersion: UInt8(head.version.minor),
          keepAlive: head.isKeepAlive), head.headers)
    case .body(let buffer): messages[messages.count - 1].body.append(contentsOf: buffer.readableBytesView)
    case .end: messages[messages.count - 1].isComplete = true
    }
  }

  private mutating func take(_ part: HTTPClientResponsePart) {
    switch part {
    case .head(let head):
      var message = ReplayedMessage(
        start: "\(head.status.code)", minorVersion: UInt8(head.version.minor), keepAlive: head.isKeepAlive)
      // An interim answer has a head and no end.
      message.isComplete = head.status.code < 200 && head.status.code != 101
      add(message, head.headers)
    case .body(let buffer): messages[messages.count - 1].body.append(contentsOf: buffer.readableBytesView)
    case .end: messages[messages.count - 1].isComplete = true
    }
  }

  private mutating func add(_ message: ReplayedMessage, _ headers: HTTPHeaders) {
    var message = message
    for (name, value) in headers {
      message.names.append(Array(name.utf8))
      message.values.append(Array(value.utf8))
    }
    messages.append(message)
  }
}
