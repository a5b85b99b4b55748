import ProxyCore

/// A moment in UTC with the precision of the database file (nanoseconds), years 0001 to 9999.
public struct Timestamp: Sendable, Hashable, Comparable {
  /// Whole seconds since the Unix epoch; negative before it.
  public var seconds: Int64
  /// Nanoseconds into that second, 0 to 999,999,999.
  public var nanoseconds: Int32

  /// A moment from its parts; `nanoseconds` outside of a second carries over.
  public init(seconds: Int64, nanoseconds: Int32 = 0) {
    let carry = nanoseconds >= 0 ? nanoseconds / 1_000_000_000 : (nanoseconds - 999_999_999) / 1_000_000_000
    self.seconds = seconds + Int64(carry)
    self.nanoseconds = nanoseconds - carry * 1_000_000_000
  }

  /// A moment from milliseconds since the Unix epoch.
  public init(milliseconds: Int64) {
    let whole = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
    seconds = whole
    nanoseconds = Int32(truncatingIfNeeded: (milliseconds - whole * 1000) * 1_000_000)
  }

  /// The present moment by the system's clock.
  public static func now() -> Timestamp {
    let time = Clocks.unixNanoseconds()
    return Timestamp(
      seconds: Int64(time / 1_000_000_000), nanoseconds: Int32(truncatingIfNeeded: time % 1_000_000_000))
  }

  /// Milliseconds since the Unix epoch, rounded down.
  public var milliseconds: Int64 { seconds * 1000 + Int64(nanoseconds / 1_000_000) }

  /// This moment and `duration` later (or earlier, when negative), to the nanosecond.
  public func advanced(by duration: Duration) -> Timestamp {
    let parts = duration.components
    return Timestamp(
      seconds: seconds + parts.seconds,
      nanoseconds: nanoseconds + Int32(truncatingIfNeeded: parts.attoseconds / 1_000_000_000))
  }

  /// Earlier moments come first.
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}
