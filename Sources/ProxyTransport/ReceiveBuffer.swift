public import NIOCore

/// The memory that sockets are read into.
public enum ReceiveBuffer {
  /// Begins small, because each connection keeps its buffer and thousands of streams may be held open; doubles with
  /// what arrives.
  public static let allocator = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 65_536)
}

extension ChannelHandlerContext {
  /// Backpressure: has the channel read what arrives, or leave it to the kernel. Its own flag is used, because a handler
  /// that holds `read` events back is asked before every read.
  public func setAutoRead(_ reads: Bool) {
    // The option cannot fail to be set; a channel that is closing takes it and does nothing.
    try? channel.syncOptions?.setOption(.autoRead, value: reads)
  }
}
