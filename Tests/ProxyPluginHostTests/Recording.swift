import Synchronization

/// Collects what happened, from any thread.
final class Recording<Element: Sendable>: Sendable {
  private let items = Mutex<[Element]>([])

  var all: [Element] { items.withLock { $0 } }

  func append(_ item: Element) { items.withLock { $0.append(item) } }

  /// Everything so far, forgetting it.
  func drain() -> [Element] {
    items.withLock { items in
      defer { items = [] }
      return items
    }
  }
}
