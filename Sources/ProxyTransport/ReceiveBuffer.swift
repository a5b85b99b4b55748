public import NIOCore

/// The memory that sockets are read into.
public enum ReceiveBuffer {
  /// Begins small, because each connection keeps its buffer and thousands of streams may be held open; doubles with
  /// what arrives.
  public static let allocator = AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 1024, maximum: 65_536)
}
