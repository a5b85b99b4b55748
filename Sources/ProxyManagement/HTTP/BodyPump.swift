import Hummingbird
import Synchronization

/// Runs the closure that writes a streamed body, from the first piece asked for until the last or until
/// nobody asks.
///
/// Owns the task: it ends when the stream is read to its end, when the reading task is cancelled, and when
/// the stream is dropped (the stream's closures hold the pump).
final class BodyPump: Sendable {
  private let channel = BodyChannel()
  private let body: ResponseBody
  private let task = Mutex<Task<Void, Never>?>(nil)
  private let onFailure: @Sendable (any Error) -> Void

  /// A pump that has not started. `onFailure` is told when the body ends early by a fault of ours.
  init(body: ResponseBody, onFailure: @escaping @Sendable (any Error) -> Void) {
    self.body = body
    self.onFailure = onFailure
  }

  deinit { stop() }

  /// The body as a stream that makes its pieces when they are asked for.
  static func stream(
    of body: ResponseBody, onFailure: @escaping @Sendable (any Error) -> Void
  ) -> AsyncStream<[UInt8]> {
    let pump = BodyPump(body: body, onFailure: onFailure)
    return AsyncStream(unfolding: { await pump.next() }, onCancel: { pump.stop() })
  }

  private func next() async -> [UInt8]? {
    task.withLock { task in
      if task == nil {
        task = Task { [body, channel, onFailure] in await Self.run(body, channel, onFailure) }
      }
    }
    return await channel.next()
  }

  private func stop() {
    channel.finish()
    task.withLock { $0?.cancel() }
  }

  private static func run(
    _ body: ResponseBody, _ channel: BodyChannel, _ onFailure: @Sendable (any Error) -> Void
  ) async {
    do {
      try await body.write(ChannelWriter(channel: channel))
    } catch is CancellationError {
      // The client is gone: nothing to tell anybody.
    } catch {
      onFailure(error)
    }
    channel.finish()
  }
}

/// Writes a body into a `BodyChannel`.
private struct ChannelWriter: ResponseBodyWriter {
  let channel: BodyChannel

  mutating func write(_ buffer: ByteBuffer) async throws {
    guard buffer.readableBytes > 0 else { return }
    try await channel.send(Array(buffer.readableBytesView))
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// Hands the pieces of one body from the task that writes it to the one that sends it, one at a time.
///
/// A write returns when its piece has been taken, so a slow client holds back the writer and memory stays
/// bounded.
final class BodyChannel: Sendable {
  private enum State {
    case idle
    case wanted(CheckedContinuation<[UInt8]?, Never>)
    case offered([UInt8], CheckedContinuation<Void, any Error>)
    case finished

    /// What the writer of an offered piece has to do, outside of the lock.
    enum Offer {
      case wait
      case deliver(CheckedContinuation<[UInt8]?, Never>)
      case refuse
    }

    mutating func offer(_ piece: [UInt8], _ taken: CheckedContinuation<Void, any Error>) -> Offer {
      switch self {
      case .idle:
        self = .offered(piece, taken)
        return .wait
      case .wanted(let consumer):
        self = .idle
        return .deliver(consumer)
      case .offered, .finished: return .refuse
      }
    }
  }

  private let state = Mutex(State.idle)

  /// Offers a piece and waits until it is taken. Throws `CancellationError` when nobody will take it.
  func send(_ piece: [UInt8]) async throws {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (taken: CheckedContinuation<Void, any Error>) in
        switch state.withLock({ $0.offer(piece, taken) }) {
        case .wait: break
        case .deliver(let consumer):
          consumer.resume(returning: piece)
          taken.resume()
        case .refuse: taken.resume(throwing: CancellationError())
        }
      }
    } onCancel: {
      finish()
    }
  }

  /// Takes the next piece, waiting for it; `nil` when there will be none. For one consumer.
  func next() async -> [UInt8]? {
    await withCheckedContinuation { (consumer: CheckedContinuation<[UInt8]?, Never>) in
      let ready: (piece: [UInt8]?, producer: CheckedContinuation<Void, any Error>?)? = state.withLock {
        state in
        switch state {
        case .idle:
          state = .wanted(consumer)
          return nil
        case .offered(let piece, let producer):
          state = .idle
          return (piece, producer)
        case .wanted, .finished: return (nil, nil)
        }
      }
      guard let ready else { return }
      ready.producer?.resume()
      consumer.resume(returning: ready.piece)
    }
  }

  /// Ends the body from either side; a piece not taken yet is dropped and its writer told.
  func finish() {
    let last = state.withLock { state in
      defer { state = .finished }
      return state
    }
    switch last {
    case .wanted(let consumer): consumer.resume(returning: nil)
    case .offered(_, let producer): producer.resume(throwing: CancellationError())
    case .idle, .finished: break
    }
  }
}
