internal import LLMProxyPluginKit
internal import Synchronization

/// A timer of the stage, from `start` to `stop`.
final class Sweeper: Sendable {
  private let service: TimerService
  private let timer = Mutex<TimerService.ID?>(nil)

  init(_ service: TimerService) { self.service = service }

  func start(every milliseconds: UInt64, _ body: @escaping @Sendable () -> Void) throws(PluginFailure) {
    let id = try service.start(afterMilliseconds: milliseconds, everyMilliseconds: milliseconds, body)
    timer.withLock { $0 = id }
  }

  func stop() {
    let id = timer.withLock { timer in
      defer { timer = nil }
      return timer
    }
    if let id { service.cancel(id) }
  }
}
