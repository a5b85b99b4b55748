import NIOCore
import ProxyListener
import ProxyPipeline

/// One event loop with what runs on it.
///
/// `@unchecked Sendable`: `listener` is touched on `eventLoop` only.
final class LoopServices: @unchecked Sendable {
  let eventLoop: any EventLoop
  private let listener: LoopListener

  init(eventLoop: any EventLoop, listener: LoopListener) {
    self.eventLoop = eventLoop
    self.listener = listener
  }

  /// Runs `body` on the loop and waits for what it returns.
  func run<T: Sendable>(_ body: @escaping @Sendable (LoopListener) -> T) async -> T? {
    try? await eventLoop.submit { body(self.listener) }.get()  // fails only when the loop has ended
  }

  /// Lends the listener; on the loop.
  func withListener<T>(_ body: (LoopListener) -> T) -> T {
    eventLoop.preconditionInEventLoop()
    return body(listener)
  }

  /// Takes a new connection; on the loop.
  func accept(_ channel: any Channel) throws {
    eventLoop.preconditionInEventLoop()
    try listener.accept(channel)
  }

  /// Cuts what is left; on the loop.
  func closeAll() {
    listener.closeAll()
  }

  /// Completes when the last connection is gone.
  func drain() async {
    let drained = eventLoop.flatSubmit { self.listener.drain() }
    try? await drained.get()  // cannot fail but for a loop that has ended
  }
}
