import ProxyClient
import ProxyCore
import ProxyWire

/// One request of a benchmark, while it runs. Belongs to one thread.
final class BenchmarkExchange {
  /// Longest sample that is kept.
  private static let sampleBytes = 2_048

  /// When it should have been sent, and when it was; monotonic nanoseconds.
  let due: UInt64
  let sent = Clocks.monotonicNanoseconds()
  private let keepsSample: Bool
  private let isStreaming: Bool
  private var splitter = SSESplitter(limitBytes: 4 << 20)
  private var sample: [UInt8] = []
  private var isBroken = false
  private var lastEvent: UInt64 = 0
  private var firstEvent: UInt64?
  private var gapList: [Int64] = []
  private var events = 0

  /// An exchange that is due at `due`.
  init(due: UInt64, isStreaming: Bool, keepsSample: Bool) {
    self.due = due
    self.isStreaming = isStreaming
    self.keepsSample = keepsSample
  }

  /// Takes bytes of the body.
  func take(_ transfer: Transfer, _ bytes: UnsafeRawBufferPointer) -> Bool {
    if keepsSample, sample.count < Self.sampleBytes {
      sample.append(contentsOf: bytes.prefix(Self.sampleBytes - sample.count))
    }
    guard isStreaming, !isBroken else { return true }
    do { try splitter.feed(bytes) { take($0) } } catch { isBroken = true }
    return true
  }

  private func take(_ event: SSEEvent) {
    let now = Clocks.monotonicNanoseconds()
    events += 1
    if firstEvent == nil { firstEvent = now } else { gapList.append(Int64((now - lastEvent) / 1_000)) }
    lastEvent = now
    // An error inside a stream has status 200.
    if !event.isDone, event.data.starts(with: Array("{\"error\"".utf8)) { isBroken = true }
  }

  /// Adds what was measured to `result`.
  func record(_ transfer: Transfer, into result: inout BenchmarkResult) {
    if let failure = transfer.failure {
      result.failed += 1
      result.failures[failure.kind.rawValue, default: 0] += 1
      result.firstFailure = result.firstFailure ?? failure.description
      return
    }
    result.statuses[transfer.status, default: 0] += 1
    result.receivedBytes += transfer.receivedBytes
    if keepsSample, result.samples[transfer.status] == nil {
      result.samples[transfer.status] = String(decoding: sample, as: UTF8.self)
    }
    guard (200..<300).contains(transfer.status), !isBroken else {
      result.failed += 1
      if isBroken { result.failures["stream error", default: 0] += 1 }
      return
    }
    result.succeeded += 1
    let total = transfer.totalTime.wholeMicroseconds
    result.latency.record(total + Int64((sent - min(due, sent)) / 1_000))
    result.firstByte.record(transfer.timeToFirstByte.wholeMicroseconds)
    if let firstEvent { result.firstEvent.record(Int64((firstEvent - sent) / 1_000)) }
    for gap in gapList { result.eventGap.record(gap) }
    result.events += events
    if transfer.header("x-proxy-cache")?.lowercased().hasPrefix("hit") == true { result.cacheHits += 1 }
    guard let start = transfer.header("x-upstream-request-start").flatMap(Int64.init),
      let stop = transfer.header("x-upstream-request-stop").flatMap(Int64.init), stop >= start
    else { return }
    let upstream = (stop - start) / 1_000
    result.upstream.record(upstream)
    // The head's own times end before a stream does, so this is of answers that came at once.
    if !isStreaming { result.proxy.record(total - upstream) }
  }
}
