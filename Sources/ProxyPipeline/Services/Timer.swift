import CLLMProxyPlugin
import NIOCore
import ProxyPluginHost
import Synchronization

/// One timer of a plugin. `ud_free` runs exactly once, after the last firing.
///
/// `@unchecked Sendable`: the plugin's pointers may be used on any thread (R4); `task` and `isOver` are locked.
final class Timer: @unchecked Sendable {
  typealias Fire = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<llmp_req_t>?) -> Void

  private struct State {
    var isOver = false
    var isFiring = false
    var task: Scheduled<Void>?
  }

  private let fire: Fire
  private let ud: UnsafeMutableRawPointer?
  private let free: llmp_free_fn?
  private let reference: ExchangeRef?
  private let caller: InstanceContext?
  private let state = Mutex(State())

  init(
    fire: @escaping Fire, ud: UnsafeMutableRawPointer?, free: llmp_free_fn?, reference: ExchangeRef?,
    caller: InstanceContext?
  ) {
    self.fire = fire
    self.ud = ud
    self.free = free
    self.reference = reference
    self.caller = caller
  }

  func start(
    on loop: any EventLoop, delay: UInt64, period: UInt64, whenOver: @escaping @Sendable () -> Void
  ) {
    let scheduled = loop.scheduleTask(in: .milliseconds(Int64(clamping: delay))) {
      self.ring(on: loop, period: period, whenOver: whenOver)
    }
    state.withLock { if !$0.isOver { $0.task = scheduled } }
  }

  private func ring(on loop: any EventLoop, period: UInt64, whenOver: @escaping @Sendable () -> Void) {
    let mayFire = state.withLock { state -> Bool in
      state.isFiring = !state.isOver
      return state.isFiring
    }
    guard mayFire else { return }
    let isAlive = call()
    let isOver = state.withLock { state -> Bool in
      state.isFiring = false
      return state.isOver
    }
    // Cancelled from inside its own firing: the memory is given back now that nothing uses it.
    if isOver {
      free?(ud)
    } else if period > 0, isAlive {
      start(on: loop, delay: period, period: period, whenOver: whenOver)
    } else {
      whenOver()
      finish()
    }
  }

  /// False when the request it belongs to is over.
  private func call() -> Bool {
    guard let reference else {
      fire(ud, nil)
      return true
    }
    return reference.runNow { exchange in
      guard let caller = self.caller else { return }
      let outer = exchange.openRequest(to: caller)
      self.fire(self.ud, exchange.handle)
      exchange.closeRequest(outer)
    }
  }

  /// No firing begins after this; frees the plugin's memory unless a firing does so when it returns.
  func finish() {
    let mustFree = state.withLock { state -> Bool in
      guard !state.isOver else { return false }
      state.isOver = true
      state.task?.cancel()
      state.task = nil
      return !state.isFiring
    }
    if mustFree { free?(ud) }
  }
}
