public import NIOCore

/// The client's side of an exchange: the connection it came on. Loop-confined.
public protocol ExchangeClient: AnyObject {
  /// Queues bytes of the answer; `isOwn` as in `Outbox.write`.
  func write(_ bytes: ByteBuffer, isOwn: Bool)
  /// Sends what is queued.
  func flush()
  /// Whether the send buffer has room.
  var isWritable: Bool { get }
  /// The exchange wants the request's body now: deliver what is there and go on reading.
  func wantBody()
  /// Backpressure of an upload: stop or go on reading the body.
  func setBodyReading(_ reading: Bool)
  /// Sends `100 Continue` if the client waits for it.
  func sendContinue()
  /// The answer is complete. The connection may serve another request, or must be closed.
  func exchangeEnded(keepAlive: Bool)
}

extension ExchangeClient {
  /// Queues bytes of the answer that are somebody else's.
  public func write(_ bytes: ByteBuffer) { write(bytes, isOwn: false) }
}

/// Who connects. The bytes belong to the connection and outlive its exchanges.
public struct PeerAddress {
  /// The address without a port, as text.
  public var text: UnsafeRawBufferPointer
  /// Whether the connection is encrypted.
  public var isTLS: Bool

  /// Creates an address; `text` must stay valid as long as exchanges of this peer run.
  public init(text: UnsafeRawBufferPointer, isTLS: Bool) {
    self.text = text
    self.isTLS = isTLS
  }
}
