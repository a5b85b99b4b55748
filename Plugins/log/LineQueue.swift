internal import Glibc

/// Lines on their way from the hooks to the writer, bounded, and the writer's alarm clock.
final class LineQueue: @unchecked Sendable {
  // Everything below the pointers is read and written under `mutex`; the pointers do not change
  // after init. A condition variable is why this is no `Mutex`.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var bytes: [UInt8] = []
  private var dropped: UInt64 = 0
  private var mustFlush = false
  private var stopDeadline: UInt64 = 0

  /// This much is written without waiting for the interval.
  static let batchBytes = 131_072
  /// This much is kept for a disk or a reader that does not keep up; what comes then is counted.
  static let maximalBytes = 4 << 20

  init() {
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // Not the wall clock, which jumps.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Takes one whole line; never waits for the disk. `[any]` thread.
  func append(_ line: UnsafeRawBufferPointer) {
    let isWakeDue = locked {
      let before = bytes.count
      guard before + line.count <= Self.maximalBytes else {
        dropped += 1
        return false
      }
      bytes.append(contentsOf: line)
      // The writer sleeps only until the first line and until the batch is full.
      return before == 0 || (before < Self.batchBytes && bytes.count >= Self.batchBytes)
    }
    // Outside of the lock, which the writer wants as soon as it is awake.
    if isWakeDue { pthread_cond_signal(condition) }
  }

  /// Exchanges `batch`, which must be empty, for all lines that wait; its memory takes the next ones.
  ///
  /// - Returns: how many lines were dropped since the last time.
  func take(into batch: inout [UInt8]) -> UInt64 {
    locked {
      swap(&batch, &bytes)
      defer { dropped = 0 }
      return dropped
    }
  }

  /// Ends the writer's sleep. `[any]` thread.
  func flush() {
    locked {
      mustFlush = true
      pthread_cond_signal(condition)
    }
  }

  /// Ends the writer's sleep for good.
  ///
  /// - Parameter deadline: monotonic nanoseconds when it shall give up, not 0.
  func stop(deadline: UInt64) {
    locked {
      stopDeadline = deadline
      pthread_cond_signal(condition)
    }
  }

  /// When to give up; 0: `stop` has not been called.
  var deadline: UInt64 { locked { stopDeadline } }

  /// Sleeps until there is something to write and it is worth while: the batch is full, the interval
  /// is over, or somebody said so.
  ///
  /// - Parameter retryMilliseconds: there is something left from before; only wait this long.
  func sleep(flushMilliseconds: Int, retryMilliseconds: Int?) {
    locked {
      if let retryMilliseconds {
        wait(milliseconds: retryMilliseconds) { stopDeadline > 0 }
      } else {
        while bytes.isEmpty, !mustFlush, stopDeadline == 0 { pthread_cond_wait(condition, mutex) }
        wait(milliseconds: flushMilliseconds) {
          bytes.count >= Self.batchBytes || mustFlush || stopDeadline > 0
        }
      }
      mustFlush = false
    }
  }

  /// Under the mutex, which it lets go of while it waits.
  private func wait(milliseconds: Int, until isDue: () -> Bool) {
    var end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &end)
    let nanoseconds = end.tv_nsec + milliseconds % 1000 * 1_000_000
    end.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    while !isDue(), pthread_cond_timedwait(condition, mutex, &end) == 0 {}
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
