import CLLMProxyPlugin
import NIOCore
import ProxyWire

/// What is remembered of the provider's head beside its fields.
struct ReceivedHead {
  var status: UInt16 = 0
  var framing = BodyFraming.none
  var isEventStream = false
}

/// How the provider's answer travels to the client.
struct AnswerState {
  enum Framing: UInt8 {
    /// No body.
    case none
    /// `content-length` as received, bytes as received.
    case length
    /// Chunked as received where reads end between chunks, framed anew where they do not.
    case chunked
    /// Chunked by us.
    case rechunked
    /// The end is the connection's end (HTTP/1.0 clients).
    case untilClose
  }

  var framing = Framing.none
  var mode: llmp_stream_mode_t = LLMP_MODE_PASS
  var isHeadSent = false
  /// Composed but not yet written, so that a small body can share its system call.
  var pendingHead: ByteBuffer?
  /// True when some stage or the adapter rewrites the body.
  var isTransformed = false
  /// The whole body, while somebody wants to see it at once.
  var held: ByteBuffer?
  /// True when the adapter reads the events of a stream that passes.
  var isObservingEvents = false
  var splitter: SSESplitter?
  /// True when top-level members of a JSON answer are kept while it passes.
  var isScanning = false
  /// What a read's transformations produced; framed and written when the read is done.
  var produced: ByteBuffer?
  /// Deliveries that came while a stage paused.
  var queue: [Delivery] = []
  var isQueueEnded = false
  /// What a stage kept and gives in the place of the body that comes.
  var replacement: ByteBuffer?
  /// Length of a kept answer's body, which a HEAD is told too.
  var keptLength: Int?
  /// True when the client's connection cannot go on: the rest of its body would have to be read.
  var mustClose = false
  /// Whether the client's connection survives the answer.
  var keepAlive = true

  /// One call of `upstreamBody`, put aside.
  struct Delivery {
    var bytes: ByteBuffer
    var spans: ContiguousArray<Range<Int>>
    var isWhole: Bool
  }
}
