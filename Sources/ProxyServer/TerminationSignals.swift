import Dispatch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// SIGTERM and SIGINT as an asynchronous sequence.
enum TerminationSignals {
  /// Signals from now on; ends when it is no longer iterated.
  static func stream() -> AsyncStream<Int32> {
    // A peer that closes while we write is an error of that write, not of the process.
    signal(SIGPIPE, SIG_IGN)
    return AsyncStream { continuation in
      let sources = [SIGTERM, SIGINT].map { number in
        signal(number, SIG_IGN)  // the source below takes its place
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { continuation.yield(number) }
        source.resume()
        return source
      }
      let kept = Sources(all: sources)
      continuation.onTermination = { _ in kept.cancel() }
    }
  }

  // Dispatch sources may be cancelled from any thread.
  private struct Sources: @unchecked Sendable {
    let all: [any DispatchSourceSignal]

    func cancel() {
      for source in all { source.cancel() }
    }
  }
}
