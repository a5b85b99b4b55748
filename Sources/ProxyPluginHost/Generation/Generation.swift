import Synchronization

/// All instances in force at once: the graph an exchange pins for as long as it lives.
///
/// Immutable. An exchange calls `pin` once when it begins and `unpin` once when its last hook has run; the
/// owner holds a pin of its own from the start and gives it up in `retire`. When the last pin is gone the
/// instances are destroyed in reverse order, exactly once, on the executor given to `retire`.
public final class Generation: Sendable {
  /// Where destruction runs: off the event loops, because `destroy` may wait for the plugin's threads.
  public typealias Executor = @Sendable (@escaping @Sendable () -> Void) -> Void

  /// Counts up from 1 within a process.
  public let number: UInt64
  /// The chain, in order.
  public let stages: [StageInstance]
  /// One per API, in the order of the configuration.
  public let providers: [ProviderInstance]
  /// The APIs as plugins see them; same indices as `providers`.
  public let apis: APIList

  private struct Retirement: Sendable {
    var executor: Executor
    var destroyed: @Sendable () -> Void
  }

  /// Pins, the owner's included. Never rises from zero.
  private let pins = Atomic<Int>(1)
  private let retirement = Mutex<Retirement?>(nil)

  init(number: UInt64, stages: [StageInstance], providers: [ProviderInstance], apis: APIList) {
    self.number = number
    self.stages = stages
    self.providers = providers
    self.apis = apis
  }

  /// Pins in force, the owner's included; a hint for status pages.
  public var pinCount: Int { pins.load(ordering: .relaxed) }

  /// Keeps the instances alive. Any thread.
  ///
  /// - Returns: `false` when they are being destroyed already; take the current generation instead.
  public func pin() -> Bool {
    var seen = pins.load(ordering: .relaxed)
    while seen > 0 {
      // Acquiring on success: what the builder wrote is seen by whoever holds a pin.
      let (done, original) = pins.weakCompareExchange(
        expected: seen, desired: seen + 1, successOrdering: .acquiring, failureOrdering: .relaxed)
      if done { return true }
      seen = original
    }
    return false
  }

  /// Gives a pin back. Any thread; the last one after `retire` starts destruction.
  public func unpin() {
    // Acquiring and releasing: every hook call of every exchange happens before destroy.
    let left = pins.subtract(1, ordering: .acquiringAndReleasing).newValue
    precondition(left >= 0, "a generation was unpinned more often than pinned")
    if left == 0 { destroyOnExecutor() }
  }

  /// Runs `start` of every instance that has one, in order of the chain, then the providers.
  ///
  /// - Throws: the first refusal; the caller then retires this generation.
  public func start() throws(PluginError) {
    for stage in stages {
      try stage.lifecycle.start(stage.inst)
    }
    for provider in providers {
      try provider.lifecycle.start(provider.inst)
    }
  }

  /// Ends this generation: tells every instance to drain, gives up the owner's pin, and destroys when nothing
  /// pins it any more and every instance that drains has called `drained()` (or `abandonDrain` was called).
  /// Call once.
  ///
  /// - Parameters:
  ///   - drainDeadline: monotonic nanoseconds, handed to the plugins.
  ///   - executor: runs the destruction; must not be an event loop.
  ///   - destroyed: runs after the last `destroy`, on the executor.
  public func retire(
    drainDeadline: UInt64, executor: @escaping Executor, destroyed: @escaping @Sendable () -> Void = {}
  ) {
    let isFirst = retirement.withLock { state in
      guard state == nil else { return false }
      state = Retirement(executor: executor, destroyed: destroyed)
      return true
    }
    precondition(isFirst, "a generation was retired twice")
    for (lifecycle, inst) in instances where lifecycle.canDrain {
      guard pin() else { break }
      lifecycle.drain(inst, deadline: drainDeadline) { self.unpin() }
    }
    unpin()
  }

  /// The drain period is over: instances that have not called `drained()` are waited for no longer. Exchanges
  /// still keep their pins; ending them is up to the pipeline. Any thread, any number of times.
  public func abandonDrain() {
    for (lifecycle, _) in instances { lifecycle.context.markDrained() }
  }

  private var instances: [(InstanceLifecycle, UnsafeMutableRawPointer?)] {
    stages.map { ($0.lifecycle, $0.inst) } + providers.map { ($0.lifecycle, $0.inst) }
  }

  private func destroyOnExecutor() {
    let taken = retirement.withLock { $0 }
    guard let taken else { preconditionFailure("the owner's pin was given back without retire") }
    taken.executor {
      Self.destroy(stages: self.stages, providers: self.providers)
      taken.destroyed()
    }
  }

  /// Destroys in reverse order of creation: providers were created last.
  static func destroy(stages: [StageInstance], providers: [ProviderInstance]) {
    for provider in providers.reversed() {
      provider.lifecycle.destroy(provider.inst)
      provider.inst = nil
    }
    for stage in stages.reversed() {
      stage.lifecycle.destroy(stage.inst)
      stage.inst = nil
    }
  }
}
