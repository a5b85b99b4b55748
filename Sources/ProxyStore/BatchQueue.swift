internal import Synchronization

/// Rows on their way to the writer: bounded, never blocking, never failing. When the bound is reached new rows are
/// dropped and counted, so that what was there first is not lost.
final class BatchQueue<Element: Sendable>: Sendable {
  private struct State {
    var rows: [Element] = []
    /// Rows the writer has taken and may put back.
    var taken = 0
    var dropped: UInt64 = 0
  }

  private let state = Mutex(State())
  private let limit: Int
  private let wakeAt: Int
  private let wake = Mutex<(@Sendable () -> Void)?>(nil)

  init(limit: Int, wakeAt: Int) {
    self.limit = limit
    self.wakeAt = wakeAt
  }

  /// Sets what wakes the writer; called once, before traffic.
  func onWake(_ call: @escaping @Sendable () -> Void) { wake.withLock { $0 = call } }

  func append(_ element: Element) {
    let count = state.withLock { state in
      guard state.rows.count + state.taken < limit else {
        state.dropped += 1
        return 0
      }
      state.rows.append(element)
      return state.rows.count
    }
    guard count == wakeAt else { return }
    let call = wake.withLock { $0 }
    call?()
  }

  /// Takes up to `most` rows, oldest first.
  func take(_ most: Int) -> [Element] {
    state.withLock { state in
      guard !state.rows.isEmpty else { return [] }
      let rows = state.rows.count <= most ? state.rows : Array(state.rows.prefix(most))
      if rows.count == state.rows.count { state.rows = [] } else { state.rows.removeFirst(rows.count) }
      state.taken += rows.count
      return rows
    }
  }

  /// The rows taken are in the file.
  func settle(_ rows: [Element]) { state.withLock { $0.taken -= rows.count } }

  /// The rows taken could not be written: they go back to the front.
  func putBack(_ rows: [Element]) {
    guard !rows.isEmpty else { return }
    state.withLock { state in
      state.taken -= rows.count
      state.rows = rows + state.rows
    }
  }

  /// Rows not in the file yet.
  var queued: Int { state.withLock { $0.rows.count + $0.taken } }
  /// Rows lost since the start.
  var dropped: UInt64 { state.withLock { $0.dropped } }
  var isEmpty: Bool { state.withLock { $0.rows.isEmpty } }
}
