public import NIOCore
public import ProxyWire

/// What a connection tells the exchange it serves. All calls come on the connection's event loop.
///
/// Order of one attempt: (`upstreamConnected` | `upstreamFailed`), then `upstreamHead`, `upstreamBody`…
/// with `ended` on the last, or `upstreamFailed` at any point, after which nothing follows. The
/// connection has forgotten the exchange before it makes the last call.
public protocol UpstreamExchange: AnyObject {
  /// A connection that had to be opened is there and belongs to this exchange.
  func upstreamConnected(_ connection: UpstreamConnection)
  /// The head of the final answer. `bytes` are the head's, valid during the call.
  func upstreamHead(_ head: borrowing ResponseHead, bytes: UnsafeRawBufferPointer)
  /// Bytes of the body as they came (chunked framing included); `spans` are where payload lies in
  /// them, relative to the first readable byte. `isWhole` says that the bytes neither begin nor end
  /// inside a chunk, so that they can be passed on with their framing.
  func upstreamBody(
    _ bytes: ByteBuffer, spans: ContiguousArray<Range<Int>>, isWhole: Bool, ended: Bool)
  /// All that one read brought has been delivered: time to flush.
  func upstreamReadComplete()
  /// The connection's send buffer has room again.
  func upstreamWritable()
  /// The attempt is over without an end.
  func upstreamFailed(_ error: UpstreamError)
}
