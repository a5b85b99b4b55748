import Glibc
import ProxyClient
import ProxyCore

/// Sends the requests of a plan and gathers what comes back. Belongs to one thread.
final class BenchmarkRun {
  private let plan: BenchmarkPlan
  private let session: ClientSession
  private let interruption: Interruption
  private let progress: BenchmarkProgress
  private var running: [ObjectIdentifier: BenchmarkExchange] = [:]
  private var started = 0
  private var beginning: UInt64 = 0
  private var result = BenchmarkResult()
  /// True when the user ended it.
  private(set) var wasInterrupted = false

  /// Prepares a run; nothing is sent yet.
  init(_ plan: BenchmarkPlan, _ interruption: Interruption) throws(CommandFailure) {
    self.plan = plan
    self.interruption = interruption
    progress = BenchmarkProgress(plan)
    var settings = ClientSettings(flags: .init(address: "--base-url"))
    settings.totalTimeout = plan.timeout
    settings.authorityFile = plan.authorityFile
    settings.isHTTP1Only = true
    settings.keptConnections = plan.concurrency
    do { session = try ClientSession(settings) } catch { throw CommandFailure(error) }
  }

  /// Runs to the end of the plan, or to Ctrl-C.
  func execute() throws(CommandFailure) -> BenchmarkResult {
    beginning = Clocks.monotonicNanoseconds()
    do throws(ClientFailure) {
      while true {
        let wait = try fill()
        if running.isEmpty, isOver { break }
        let step = try session.advance(waitMilliseconds: wait, interruption: interruption.descriptor)
        for transfer in step.ended {
          running.removeValue(forKey: ObjectIdentifier(transfer))?.record(transfer, into: &result)
        }
        progress.show(result, elapsed: elapsed)
        if step.isInterrupted, interruption.take() {
          wasInterrupted = true
          break
        }
      }
    } catch {
      throw CommandFailure(error)
    }
    progress.end()
    result.elapsed = elapsed
    return result
  }

  private var elapsed: Duration { .nanoseconds(Int64(Clocks.monotonicNanoseconds() - beginning)) }

  /// True when no further request is to be sent.
  private var isOver: Bool {
    if let limit = plan.limit, started >= limit { return true }
    if let duration = plan.duration, elapsed >= duration { return true }
    return false
  }

  /// Sends what is due; returns the longest time to wait for answers, in milliseconds.
  private func fill() throws(ClientFailure) -> Int32 {
    while !isOver, session.count < plan.concurrency {
      let now = Clocks.monotonicNanoseconds()
      var due = now
      if let rate = plan.rate {
        due = beginning + UInt64(Double(started) / rate * 1e9)
        if due > now { return Int32(min(100, (due - now) / 1_000_000)) }
      }
      try send(due: due)
    }
    return 100
  }

  private func send(due: UInt64) throws(ClientFailure) {
    let exchange = BenchmarkExchange(due: due, isStreaming: plan.isStreaming, keepsSample: plan.keepsSamples)
    var request = plan.request
    // The Go program's proxy reads it; ours does not need it.
    request.headers.append(("X-REQUEST-START", "\(Clocks.unixNanoseconds())"))
    let transfer = try session.start(request, into: .stream { exchange.take($0, $1) })
    running[ObjectIdentifier(transfer)] = exchange
    started += 1
  }
}
