#if canImport(ProxyWire)
  public import ProxyWire
#endif

/// One message as the codec read it.
public struct ReplayedMessage: Equatable, Sendable {
  /// Method or status.
  public var start: String
  /// The request target; empty for answers.
  public var target: [UInt8] = []
  /// 0 for HTTP/1.0, 1 for HTTP/1.1.
  public var minorVersion: UInt8
  /// The names of the fields, in their order.
  public var names: [[UInt8]] = []
  /// The values of the fields, in their order.
  public var values: [[UInt8]] = []
  /// The content, chunk framing removed; empty for a message that was refused within its body.
  public var body: [UInt8] = []
  /// Whether another message may follow.
  public var keepAlive: Bool
  /// Whether the end of the body was found.
  public var isComplete = false

  /// Makes a message without fields and body, not yet complete.
  public init(start: String, target: [UInt8] = [], minorVersion: UInt8, keepAlive: Bool) {
    self.start = start
    self.target = target
    self.minorVersion = minorVersion
    self.keepAlive = keepAlive
  }
}

/// Why a replay stopped.
public enum ReplayEnd: Equatable, Sendable {
  /// All bytes were taken; more are needed inside a head.
  case inHead
  /// All bytes were taken; more are needed inside a body.
  case inBody
  /// All bytes were taken, and the last message had ended.
  case betweenMessages
  /// A message ended that allows no other on the connection, or changed the protocol.
  case closed
  case refused(WireError)
}

/// What the codec made of the bytes of one direction of a connection.
public struct Transcript: Equatable, Sendable {
  /// The messages whose heads were accepted.
  public var messages: [ReplayedMessage] = []
  /// Why it stopped.
  public var end = ReplayEnd.betweenMessages
  /// Whether the bytes ended inside the trailers of a chunked body, a line of which is judged when it is
  /// whole.
  public var isInTrailers = false
  /// A broken promise of the codec, such as a range outside its input. Nil when there is none.
  public var violation: String?
}

/// Plays bytes through scanner, parsers and chunked decoder as a connection would.
public struct Replay {
  private enum Stage {
    case head, length(UInt64), chunked, untilClose
  }

  private let isResponse: Bool
  private let requestMethods: [Method]
  private var scanner: HeadScanner
  private var request = RequestHead()
  private var response = ResponseHead()
  private var chunks = ChunkedDecoder()
  private var spans = ContiguousArray<Range<Int>>()
  private var stage = Stage.head
  private var position = 0
  private var answered = 0
  private var isFinished = false
  private var transcript = Transcript()

  private init(isResponse: Bool, requestMethods: [Method]) {
    self.isResponse = isResponse
    self.requestMethods = requestMethods
    scanner = HeadScanner(skipsEmptyLines: !isResponse)
  }

  /// Reads requests. `cuts` are the offsets at which the bytes are cut into pieces.
  public static func requests(_ bytes: [UInt8], cuts: [Int] = []) -> Transcript {
    var replay = Replay(isResponse: false, requestMethods: [])
    return replay.run(bytes, cuts, endsWithClose: false)
  }

  /// Reads answers to requests with these methods, the last of which goes on for ever; after the last byte
  /// the peer closes.
  public static func responses(
    _ bytes: [UInt8], to methods: [Method] = [.get], cuts: [Int] = []
  ) -> Transcript {
    var replay = Replay(isResponse: true, requestMethods: methods)
    return replay.run(bytes, cuts, endsWithClose: true)
  }

  private mutating func run(_ input: [UInt8], _ cuts: [Int], endsWithClose: Bool) -> Transcript {
    input.withUnsafeBytes { bytes in
      for cut in cuts + [bytes.count] where !isFinished && cut <= bytes.count {
        do throws(WireError) {
          while try advance(bytes, visible: cut) {}
        } catch {
          refuse(error)
        }
      }
      finish(bytes.count, endsWithClose)
    }
    return transcript
  }

  /// Ends with a refusal. How much of the refused body was handed on before depends on how the bytes were
  /// cut, and nobody may rely on it, so it is forgotten.
  private mutating func refuse(_ error: WireError) {
    transcript.end = .refused(error)
    isFinished = true
    let last = transcript.messages.count - 1
    if last >= 0, !transcript.messages[last].isComplete { transcript.messages[last].body = [] }
  }

  private mutating func finish(_ count: Int, _ endsWithClose: Bool) {
    guard !isFinished else { return }
    switch stage {
    case .head: transcript.end = position == count ? .betweenMessages : .inHead
    case .untilClose where endsWithClose:
      complete()
      transcript.end = .closed
    default:
      transcript.end = .inBody
      if case .chunked = stage { transcript.isInTrailers = chunks.isInTrailers }
    }
  }

  /// One step; false when more bytes are needed or the connection is over.
  private mutating func advance(_ bytes: UnsafeRawBufferPointer, visible: Int) throws(WireError) -> Bool {
    guard !isFinished, position < visible else { return false }
    let rest = UnsafeRawBufferPointer(rebasing: bytes[position..<visible])
    switch stage {
    case .head:
      switch scanner.scan(rest) {
      case .incomplete: return false
      case .refused(let error): throw error
      case .complete(let length):
        scanner.reset()
        guard length <= rest.count else { return violate("head longer than its input") }
        try head(UnsafeRawBufferPointer(rebasing: rest[..<length]))
        position += length
      }
    case .length(let left):
      let taken = Int(min(left, UInt64(rest.count)))
      append(rest[..<taken])
      position += taken
      stage = .length(left - UInt64(taken))
      if left == UInt64(taken) { complete() }
    case .chunked:
      spans.removeAll(keepingCapacity: true)
      let (consumed, ended) = try chunks.consume(rest, payload: &spans)
      guard consumed <= rest.count, ended || consumed == rest.count else { return violate("chunks consumed") }
      var last = 0
      for span in spans {
        guard span.lowerBound >= last, !span.isEmpty, span.upperBound <= consumed else {
          return violate("span")
        }
        last = span.upperBound
        append(rest[span])
      }
      position += consumed
      if ended { complete() }
    case .untilClose:
      append(rest[...])
      position = visible
    }
    return true
  }

  private mutating func head(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
    var message: ReplayedMessage
    let fields: ContiguousArray<FieldSlot>
    let framing: BodyFraming
    if isResponse {
      let method = requestMethods.isEmpty ? .get : requestMethods[min(answered, requestMethods.count - 1)]
      try response.parse(bytes, requestMethod: method)
      message = ReplayedMessage(
        start: "\(response.status)", minorVersion: response.minorVersion, keepAlive: response.keepAlive)
      if !response.isInterim { answered += 1 }
      (fields, framing) = (response.fields, response.framing)
      if response.length != bytes.count || response.reasonRange.upperBound > bytes.count {
        _ = violate("response")
      }
    } else {
      try request.parse(bytes)
      message = ReplayedMessage(
        start: "\(request.method.name)", minorVersion: request.minorVersion, keepAlive: request.keepAlive)
      message.target = Array(bytes[request.targetRange])
      (fields, framing) = (request.fields, request.framing)
      if !Self.nests(request) || request.length != bytes.count { _ = violate("request target ranges") }
    }
    var lineStart = 0
    for slot in fields {
      let line = slot.lineRange
      guard line.lowerBound >= lineStart, line.upperBound <= bytes.count,
        slot.nameRange.lowerBound == line.lowerBound,
        slot.nameRange.upperBound < slot.valueRange.upperBound + 1,
        slot.valueRange.upperBound + 2 <= line.upperBound
      else {
        _ = violate("field ranges")
        return
      }
      lineStart = line.upperBound
      message.names.append(Array(bytes[slot.nameRange]))
      message.values.append(Array(bytes[slot.valueRange]))
    }
    transcript.messages.append(message)
    enter(framing)
  }

  private mutating func enter(_ framing: BodyFraming) {
    switch framing {
    case .none: complete()
    case .length(let length): stage = .length(length)
    case .chunked:
      chunks.reset()
      stage = .chunked
    case .untilClose: stage = .untilClose
    }
  }

  private mutating func complete() {
    let last = transcript.messages.count - 1
    transcript.messages[last].isComplete = true
    stage = .head
    let changesProtocol = isResponse ? response.status == 101 : request.asksUpgrade
    let goesOn = isResponse && response.isInterim && response.keepAlive
    if changesProtocol || !(transcript.messages[last].keepAlive || goesOn) {
      transcript.end = .closed
      isFinished = true
    }
  }

  private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) {
    transcript.messages[transcript.messages.count - 1].body.append(contentsOf: bytes)
  }

  private mutating func violate(_ text: String) -> Bool {
    transcript.violation = text
    isFinished = true
    return false
  }

  private static func nests(_ head: RequestHead) -> Bool {
    let target = head.targetRange
    return target.upperBound <= head.length && head.pathRange.lowerBound >= target.lowerBound
      && head.pathRange.upperBound <= head.queryRange.lowerBound
      && head.queryRange.upperBound <= target.upperBound
  }
}
