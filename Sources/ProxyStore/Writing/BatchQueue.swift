internal import Synchronization

/// Rows on their way to the writer: bounded, never blocking, never failing. When the bound is reached new
/// rows are dropped and counted, so that what was there first is not lost.
final class BatchQueue<Element: Sendable>: Sendable {
  private struct Incoming {
    var rows: [Element] = []
    /// Rows in the backlog.
    var moved = 0
    var dropped: UInt64 = 0
  }

  /// Rows the writer has moved away from traffic's lock; those before `written` are in the file.
  private struct Backlog {
    var rows: [Element] = []
    var written = 0
  }

  private let incoming = Mutex(Incoming())
  private let backlog = Mutex(Backlog())
  private let limit: Int
  private let wakeAt: Int
  private let wake = Mutex<(@Sendable () -> Void)?>(nil)

  init(limit: Int, wakeAt: Int) {
    self.limit = limit
    self.wakeAt = wakeAt
  }

  /// Sets what wakes the writer; called once, before traffic.
  func onWake(_ call: @escaping @Sendable () -> Void) { wake.withLock { $0 = call } }

  /// Takes a row, or drops it. Any thread.
  func append(_ element: consuming Element) {
    // Moved from here into the queue: a copy would count a reference for each of its texts.
    var row: Element? = element
    let count = incoming.withLock { incoming in
      guard incoming.rows.count + incoming.moved < limit else {
        incoming.dropped += 1
        return 0
      }
      if let row = row.take() { incoming.rows.append(row) }
      return incoming.rows.count
    }
    guard count == wakeAt else { return }
    let call = wake.withLock { $0 }
    call?()
  }

  /// The oldest rows, at most `most`; they stay in the queue until they are settled. The writer only.
  func next(_ most: Int) -> [Element] {
    backlog.withLock { backlog in
      if backlog.rows.isEmpty {
        backlog.rows = incoming.withLock { incoming in
          defer { incoming.rows = [] }
          incoming.moved = incoming.rows.count
          return incoming.rows
        }
      }
      // All of them are shared with the backlog; a part has to be copied, reference by reference.
      if backlog.written == 0, backlog.rows.count <= most { return backlog.rows }
      return Array(backlog.rows[backlog.written...].prefix(most))
    }
  }

  /// The oldest `count` rows are in the file. The writer only.
  func settle(_ count: Int) {
    backlog.withLock { backlog in
      backlog.written += count
      incoming.withLock { $0.moved -= count }
      if backlog.written == backlog.rows.count { backlog = Backlog() }
    }
  }

  /// Rows not in the file yet.
  var queued: Int { incoming.withLock { $0.rows.count + $0.moved } }

  /// Rows lost since the start.
  var dropped: UInt64 { incoming.withLock { $0.dropped } }
}
