extension Timestamp {
  /// The form the Go program's driver writes: `2006-01-02 15:04:05.999999999+00:00`, zeros at the end left
  /// out.
  ///
  /// Always in UTC, so that texts of ours sort as the moments do.
  public var databaseText: String { text(separator: UInt8(ascii: " "), zone: "+00:00") }

  /// RFC 3339 in UTC with nanoseconds as Go prints them, zeros at the end left out: `2006-01-02T15:04:05.5Z`.
  public var rfc3339: String { text(separator: UInt8(ascii: "T"), zone: "Z") }

  private func text(separator: UInt8, zone: StaticString) -> String {
    String(unsafeUninitializedCapacity: 40) { out in
      var at = 0
      func put(_ byte: UInt8) {
        out[at] = byte
        at += 1
      }
      func put(_ value: Int64, digits: Int) {
        var rest = value
        for place in stride(from: digits - 1, through: 0, by: -1) {
          out[at + place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
          rest /= 10
        }
        at += digits
      }
      let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
      let second = seconds - days * 86_400
      let date = CivilDate(daysSinceEpoch: days)
      put(max(0, min(9999, date.year)), digits: 4)
      put(UInt8(ascii: "-"))
      put(date.month, digits: 2)
      put(UInt8(ascii: "-"))
      put(date.day, digits: 2)
      put(separator)
      put(second / 3600, digits: 2)
      put(UInt8(ascii: ":"))
      put(second / 60 % 60, digits: 2)
      put(UInt8(ascii: ":"))
      put(second % 60, digits: 2)
      if nanoseconds != 0 {
        put(UInt8(ascii: "."))
        put(Int64(nanoseconds), digits: 9)
        while out[at - 1] == 48 { at -= 1 }
      }
      for byte in UnsafeBufferPointer(start: zone.utf8Start, count: zone.utf8CodeUnitCount) { put(byte) }
      return at
    }
  }

  /// Reads any form the Go program's driver accepts for a `DATETIME` column.
  ///
  /// `2006-01-02[( |T)15:04[:05[.999999999]]][( )(Z|±07:00|±0700|±07)]`; no zone means UTC. `nil` for
  /// anything else.
  public init?(databaseText text: String) {
    var text = text
    guard let moment = text.withUTF8({ Timestamp(databaseBytes: UnsafeRawBufferPointer($0)) }) else {
      return nil
    }
    self = moment
  }

  /// An integer in a `DATETIME` column, as the Go program's driver reads it: seconds, or milliseconds when
  /// large.
  init(databaseInteger value: Int64) {
    self = abs(value) > 1_000_000_000_000 ? Timestamp(milliseconds: value) : Timestamp(seconds: value)
  }

  /// As `init(databaseText:)` on UTF-8 bytes; allocates nothing.
  init?(databaseBytes bytes: UnsafeRawBufferPointer) {
    var reader = DigitReader(bytes: bytes)
    guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
      let day = reader.number(2), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    seconds = CivilDate(year: year, month: month, day: day).daysSinceEpoch * 86_400
    nanoseconds = 0
    if reader.isAtEnd { return }
    guard reader.skip(" ") || reader.skip("T"), let hour = reader.number(2), reader.skip(":"),
      let minute = reader.number(2), hour < 24, minute < 60
    else { return nil }
    seconds += hour * 3600 + minute * 60
    if reader.skip(":") {
      guard let second = reader.number(2), second < 61 else { return nil }
      seconds += second
      if reader.skip(".") {
        guard let fraction = reader.fraction() else { return nil }
        nanoseconds = fraction
      }
    }
    _ = reader.skip(" ")
    guard let offset = reader.zoneSeconds(), reader.isAtEnd else { return nil }
    seconds -= offset
  }
}

/// A day of the proleptic Gregorian calendar and its number, by integer arithmetic (no Foundation, no
/// tables).
private struct CivilDate {
  var year: Int64
  var month: Int64
  var day: Int64

  init(year: Int64, month: Int64, day: Int64) {
    self.year = year
    self.month = month
    self.day = day
  }

  // Years are counted from March in eras of 400 years, so that the leap day is the last of its year.
  init(daysSinceEpoch: Int64) {
    let shifted = daysSinceEpoch + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSinceEpoch: Int64 {
    let marchYear = month <= 2 ? year - 1 : year
    let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

/// Walks over the bytes of a time text.
private struct DigitReader {
  let bytes: UnsafeRawBufferPointer
  var at = 0

  var isAtEnd: Bool { at == bytes.count }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard at < bytes.count, UInt32(bytes[at]) == character.value else { return false }
    at += 1
    return true
  }

  mutating func number(_ digits: Int) -> Int64? {
    guard at + digits <= bytes.count else { return nil }
    var value: Int64 = 0
    for index in at..<at + digits {
      guard bytes[index] >= 48, bytes[index] <= 57 else { return nil }
      value = value * 10 + Int64(bytes[index] - 48)
    }
    at += digits
    return value
  }

  mutating func fraction() -> Int32? {
    var value: Int32 = 0
    var digits = 0
    while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 {
      if digits < 9 {
        value = value * 10 + Int32(bytes[at] - 48)
        digits += 1
      }
      at += 1
    }
    guard digits > 0 else { return nil }
    while digits < 9 {
      value *= 10
      digits += 1
    }
    return value
  }

  mutating func zoneSeconds() -> Int64? {
    if isAtEnd || skip("Z") { return 0 }
    let sign: Int64
    if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
    guard let hours = number(2) else { return nil }
    var total = hours * 3600
    if !isAtEnd {
      _ = skip(":")
      guard let minutes = number(2) else { return nil }
      total += minutes * 60
    }
    return sign * total
  }
}
