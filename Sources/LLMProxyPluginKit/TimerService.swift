internal import CLLMProxyPlugin

/// `llmp.timer/1`: work of the instance that has to be done later, or again and again.
public struct TimerService: @unchecked Sendable {
  // Host tables do not change while the instance lives; both functions are [any] without a request.
  let table: UnsafePointer<llmp_timer_api_t>
  let host: Host

  /// A running timer.
  public struct ID: Equatable, Sendable { let rawValue: UInt64 }

  /// Runs `body` after a delay and then, if `everyMilliseconds` is not 0, periodically.
  ///
  /// Calls are serialized per instance and must not block. Cancel it before `stop` returns.
  public func start(
    afterMilliseconds: UInt64, everyMilliseconds: UInt64 = 0, _ body: @escaping @Sendable () -> Void
  ) throws(PluginFailure) -> ID {
    let box = Unmanaged.passRetained(TimerBody(run: body)).toOpaque()
    var id: UInt64 = 0
    guard let start = table.pointee.start else {
      Unmanaged<TimerBody>.fromOpaque(box).release()
      throw PluginFailure.host("timer.start", LLMP_E_UNSUPPORTED)
    }
    // R4: the host runs ud_free exactly once, also when the call failed.
    let status = start(
      host.context, nil, afterMilliseconds, everyMilliseconds,
      { box, _ in
        if let box { Unmanaged<TimerBody>.fromOpaque(box)._withUnsafeGuaranteedRef { $0.run() } }
      },
      box, { box in if let box { Unmanaged<TimerBody>.fromOpaque(box).release() } }, &id)
    if status != LLMP_OK { throw PluginFailure.host("timer.start", status) }
    return ID(rawValue: id)
  }

  /// Stops a timer; one that is over is fine.
  public func cancel(_ timer: ID) { table.pointee.cancel?(host.context, timer.rawValue) }
}

private final class TimerBody: Sendable {
  let run: @Sendable () -> Void

  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

extension Host {
  /// Timers; list `llmp.timer/1` under `services`.
  public func timer() throws(PluginFailure) -> TimerService {
    TimerService(table: try service("llmp.timer/1", as: llmp_timer_api_t.self), host: self)
  }
}
