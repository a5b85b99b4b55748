import Synchronization

/// Hands events to the pages that listen. A listener that does not keep up is dropped, so that memory stays
/// bounded; its page connects again by itself. Any thread.
final class EventHub: Sendable {
  /// Pages that may listen at a time.
  static let listenerLimit = 50
  /// Events that wait for one listener.
  static let queueLimit = 256

  private struct Listener {
    var continuation: AsyncStream<[UInt8]>.Continuation
    var session: SessionKey?
  }

  private struct State {
    var listeners: [UInt64: Listener] = [:]
    var next: UInt64 = 0
    var dropped: UInt64 = 0
    var isClosed = false
  }

  private let state = Mutex(State())

  /// Events from now on; `nil` when there are too many listeners or the server ends.
  func listen(session: SessionKey?) -> AsyncStream<[UInt8]>? {
    let (stream, continuation) = AsyncStream.makeStream(
      of: [UInt8].self, bufferingPolicy: .bufferingOldest(Self.queueLimit))
    let id: UInt64? = state.withLock { state in
      guard !state.isClosed, state.listeners.count < Self.listenerLimit else { return nil }
      state.next += 1
      state.listeners[state.next] = Listener(continuation: continuation, session: session)
      return state.next
    }
    guard let id else { return nil }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.listeners.removeValue(forKey: id) }
    }
    return stream
  }

  /// Sends bytes to every listener. Never waits.
  func publish(_ bytes: [UInt8]) {
    let listeners = state.withLock { $0.listeners }
    for (id, listener) in listeners {
      if case .dropped = listener.continuation.yield(bytes) {
        state.withLock { state in
          state.listeners[id] = nil
          state.dropped += 1
        }
        listener.continuation.finish()
      }
    }
  }

  /// Ends the listeners whose session `isAlive` does not know any more.
  func endOthers(than isAlive: (SessionKey) -> Bool) {
    for (_, listener) in state.withLock({ $0.listeners }) {
      if let session = listener.session, !isAlive(session) { listener.continuation.finish() }
    }
  }

  /// Ends all listeners and takes no more.
  func close() {
    let listeners = state.withLock { state in
      state.isClosed = true
      defer { state.listeners = [:] }
      return state.listeners
    }
    for (_, listener) in listeners { listener.continuation.finish() }
  }

  /// Listeners now.
  var listenerCount: Int { state.withLock { $0.listeners.count } }
  /// Listeners that were dropped since the start.
  var droppedCount: UInt64 { state.withLock { $0.dropped } }
}

/// Server-sent events as bytes.
enum EventText {
  /// An event of this name with a document as its data.
  static func event(_ name: String, _ data: JSONValue) -> [UInt8] {
    Array("event: \(name)\ndata: ".utf8) + data.bytes + Array("\n\n".utf8)
  }

  /// A line that keeps the connection alive and means nothing.
  static let keepAlive = Array(": keep-alive\n\n".utf8)
}
