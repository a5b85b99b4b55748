import Dispatch
import ProxyClient
import Synchronization

/// The head of an answer.
struct RemoteHead: Sendable {
  var status: UInt16
  var headers: [(name: String, value: String)]
}

/// An answer whose body is read as it comes. Dropping it gives the request up.
final class RemoteAnswer: Sendable {
  let head: RemoteHead
  private let exchange: RemoteExchange

  init(head: RemoteHead, exchange: RemoteExchange) {
    self.head = head
    self.exchange = exchange
  }

  deinit { exchange.abandon() }

  /// The next piece of the body; `nil` at its end.
  func next() async -> [UInt8]? { await exchange.next() }
}

/// Between the thread that receives an answer and the task that passes it on.
final class RemoteExchange: Sendable {
  typealias Head = Result<RemoteHead, ClientFailure>

  private struct State {
    var waiting: CheckedContinuation<Head, Never>?
    var isAbandoned = false
  }

  private let state = Mutex(State())
  private let body = BodyChannel()

  /// Runs `start`, which begins the request, and waits for the answer's head or the reason why there is none.
  func head(_ start: () -> Void) async -> Head {
    await withCheckedContinuation { waiting in
      state.withLock { $0.waiting = waiting }
      start()
    }
  }

  /// The next piece of the body, for one reader.
  func next() async -> [UInt8]? { await body.next() }

  /// Nobody wants the rest.
  func abandon() {
    state.withLock { $0.isAbandoned = true }
    body.finish()
  }

  // MARK: for the receiving thread

  var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

  /// The head is here; only the first call counts.
  func begin(_ transfer: Transfer) {
    resume(.success(RemoteHead(status: UInt16(clamping: transfer.status), headers: transfer.headers)))
  }

  /// There is no whole answer.
  func fail(_ failure: ClientFailure) { resume(.failure(failure)) }

  private func resume(_ head: Head) {
    let waiting = state.withLock { state in
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume(returning: head)
  }

  /// Hands a piece over and waits until it is taken, so that a slow browser slows the server down instead of
  /// filling memory. False when nobody wants it.
  func deliver(_ piece: [UInt8]) -> Bool {
    guard !isAbandoned else { return false }
    let taken = DispatchSemaphore(value: 0)
    let isTaken = Mutex(false)
    // Ends with the piece: taken, or refused because the body is finished.
    Task {
      do {
        try await body.send(piece)
        isTaken.withLock { $0 = true }
      } catch {
        // Nobody wants it; the caller hears that.
      }
      taken.signal()
    }
    taken.wait()
    return isTaken.withLock { $0 }
  }

  /// The body is whole, or as whole as it gets.
  func end() { body.finish() }
}
