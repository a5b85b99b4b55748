import Synchronization

/// The generation that new exchanges start in. Swapping is one step; exchanges that run keep theirs.
public final class ActiveGeneration: Sendable {
  private let current: Mutex<Generation>

  /// Begins with a generation that the caller built and started.
  public init(_ generation: Generation) { current = Mutex(generation) }

  /// The generation in force, not pinned: for status pages.
  public var unpinned: Generation { current.withLock { $0 } }

  /// The generation in force, pinned for the caller. Any thread.
  public func pinned() -> Generation {
    // Under the lock the owner's pin is still held, so pinning cannot fail.
    current.withLock { generation in
      let isPinned = generation.pin()
      precondition(isPinned, "the active generation was retired before it was replaced")
      return generation
    }
  }

  /// Puts `next` in force.
  ///
  /// - Returns: the previous generation, which the caller retires.
  public func replace(with next: Generation) -> Generation {
    current.withLock { generation in
      defer { generation = next }
      return generation
    }
  }
}
