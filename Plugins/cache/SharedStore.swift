internal import Synchronization

/// The store of one instance, for all its threads.
final class SharedStore: Sendable {
  private let store: Mutex<AnswerStore>
  // Relaxed: a request that changes something and misses an answer kept at this very moment has come before it.
  private let hasTargets = Atomic<Bool>(false)
  /// Purges so far; changes under the lock of `store` only.
  private let purgeCount = Atomic<Int>(0)

  init(limitBytes: Int) { store = Mutex(AnswerStore(limitBytes: limitBytes)) }

  func answers(to request: Digest, at now: UInt64) -> [KeptAnswer] {
    store.withLock { $0.answers(to: request, at: now) }
  }

  /// Purges so far.
  var purges: Int { purgeCount.load(ordering: .relaxed) }

  /// Keeps an answer to a request that was begun after so many purges; what was purged meanwhile may be its like.
  func keep(_ answer: KeptAnswer, since purges: Int) -> Bool {
    change { self.purges == purges && $0.keep(answer) }
  }

  func drop(_ answer: KeptAnswer) { change { $0.drop(answer) } }

  /// Drops all that was kept of a target; costs a look at one word when there is nothing.
  func dropTarget(when isDue: () -> Bool, of target: () -> Digest) {
    guard hasTargets.load(ordering: .relaxed), isDue() else { return }
    let target = target()
    change { $0.dropTarget(target) }
  }

  func dropExpired(at now: UInt64) { _ = change { $0.drop { $0.age.isOver(at: now) } } }

  func purge(_ purge: Purge) -> Int {
    change { store in
      purgeCount.wrappingAdd(1, ordering: .relaxed)
      return store.drop { purge.picks($0) }
    }
  }

  private func change<Result: Sendable>(_ body: (inout sending AnswerStore) -> Result) -> Result {
    store.withLock { store in
      let result = body(&store)
      hasTargets.store(store.hasTargets, ordering: .relaxed)
      return result
    }
  }
}
