import ProxyCore

/// Why a text is not a value of its kind; the place is added by whoever read the text.
struct SettingProblem: Error {
  /// A clause that follows the value.
  var problem: String
  /// What to write instead.
  var remedy: String
  /// True when the value holds something that must not be repeated in a message.
  var hidesValue: Bool

  init(_ problem: String, _ remedy: String, hidesValue: Bool = false) {
    self.problem = problem
    self.remedy = remedy
    self.hidesValue = hidesValue
  }

  /// The value in quotes, or a word for it.
  func shown(_ value: String) -> String { hidesValue ? "the value" : "\"\(value)\"" }
}

/// The kinds of values that settings are written in, as pure functions from text.
enum SettingText {
  /// A duration in Go's syntax: `30s`, `1h30m`, `1.5h`, `100ms`, `0`; and `d` for 24 hours. May be negative.
  static func duration(_ text: String) throws(SettingProblem) -> Duration {
    let wrong = SettingProblem("is not a duration", "write a number with a unit: 500ms, 30s, 5m, 1h30m or 2d")
    var rest = Substring(text)
    let isNegative = rest.first == "-"
    if isNegative || rest.first == "+" { rest.removeFirst() }
    if rest == "0" { return .zero }
    var nanoseconds: Int64 = 0
    repeat {
      let number = rest.prefix { $0.isASCII && ($0.isWholeNumber || $0 == ".") }
      rest.removeFirst(number.utf8.count)
      let unit = rest.prefix { $0.isLetter }
      rest.removeFirst(unit.count)
      guard let scale = nanosecondsPerUnit[String(unit)], let part = scaled(number, by: scale) else {
        throw wrong
      }
      let (sum, overflow) = nanoseconds.addingReportingOverflow(part)
      // The bound keeps every sum and double of two settings within 64 bits of nanoseconds.
      guard !overflow, sum <= longest else { throw SettingProblem("is too long", "write 100 years or less") }
      nanoseconds = sum
    } while !rest.isEmpty
    return .nanoseconds(isNegative ? -nanoseconds : nanoseconds)
  }

  private static let longest: Int64 = 36_500 * 86_400_000_000_000

  private static let nanosecondsPerUnit: [String: Int64] = [
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000,
    "m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000,
  ]

  /// How long something is kept: an hour or more, since less is rather a unit forgotten than a wish.
  static func retention(_ text: String) throws(SettingProblem) -> Duration {
    let age = try duration(text)
    guard age >= .seconds(3600) else {
      throw SettingProblem("is less than an hour", "write an age such as 90d")
    }
    return age
  }

  /// A duration in the syntax that `duration` reads, with the largest units that fit.
  static func describe(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    if attoseconds != 0 {
      let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
      return nanoseconds % 1_000_000 == 0 ? "\(nanoseconds / 1_000_000)ms" : "\(nanoseconds)ns"
    }
    guard seconds > 0 else { return "\(seconds)s" }
    let parts = [(seconds / 3_600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
    return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
  }

  /// A size in bytes, for `config check`.
  static func describeSize(_ bytes: Int) -> String { "\(bytes) bytes" }

  /// A duration that may be absent, for `config check`.
  static func describeBound(_ bound: Duration?) -> String { bound.map(describe) ?? "none" }

  /// A duration, or a plain number of seconds.
  static func seconds(_ text: String) throws(SettingProblem) -> Int {
    if let plain = Int(text), plain >= 0 { return plain }
    do {
      let duration = try duration(text)
      guard duration >= .zero else { throw SettingProblem("is negative", "write 0 or more") }
      return Int(duration.components.seconds)
    } catch {
      throw SettingProblem(
        "is not a number of seconds", "write a number of seconds or a duration such as 24h")
    }
  }

  /// A size: bytes as a plain number, or with KB/MB/GB (powers of 1000) or KiB/MiB/GiB (powers of 1024).
  static func byteSize(_ text: String) throws(SettingProblem) -> Int {
    let number = text.prefix { $0.isASCII && ($0.isWholeNumber || $0 == ".") }
    let unit = text.dropFirst(number.count).drop { $0 == " " }.lowercased()
    guard let scale = bytesPerUnit[unit], let bytes = scaled(number, by: scale) else {
      throw SettingProblem("is not a size", "write bytes as a number, or with a unit: 10MB, 32MiB")
    }
    return Int(bytes)
  }

  private static let bytesPerUnit: [String: Int64] = [
    "": 1, "b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000,
    "kib": 1_024, "mib": 1_048_576, "gib": 1_073_741_824,
  ]

  /// `number` with at most one point, times `scale`, rounded down; `nil` when malformed or beyond 63 bits.
  private static func scaled(_ number: Substring, by scale: Int64) -> Int64? {
    let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, number.contains(where: { $0 != "." }) else { return nil }
    guard let base = whole.isEmpty ? 0 : Int64(whole) else { return nil }
    var (total, overflow) = base.multipliedReportingOverflow(by: scale)
    guard !overflow else { return nil }
    if parts.count == 2, !parts[1].isEmpty {
      // Digits below one nanosecond or one byte are dropped, as Go drops them; 18 of them are more than
      // enough.
      guard let fraction = UInt64(parts[1].prefix(18)), !parts[1].contains(".") else { return nil }
      let divisor = repeatElement(UInt128(10), count: parts[1].prefix(18).count).reduce(1, *)
      let part = UInt128(fraction) * UInt128(scale) / divisor
      (total, overflow) = total.addingReportingOverflow(Int64(part))
    }
    return overflow ? nil : total
  }

  /// The words that Go's ParseBool takes.
  static func boolean(_ text: String) throws(SettingProblem) -> Bool {
    switch text {
    case "1", "t", "T", "true", "TRUE", "True": return true
    case "0", "f", "F", "false", "FALSE", "False": return false
    default: throw SettingProblem("is neither true nor false", "write true or false")
    }
  }

  /// A whole number within `range`.
  static func integer(_ text: String, in range: ClosedRange<Int>) throws(SettingProblem) -> Int {
    guard let number = Int(text), !text.hasPrefix("+") else {
      throw SettingProblem("is not a whole number", "write \(describe(range))")
    }
    guard range.contains(number) else {
      throw SettingProblem("is out of range", "write \(describe(range))")
    }
    return number
  }

  private static func describe(_ range: ClosedRange<Int>) -> String {
    range.upperBound == Int.max
      ? "a whole number, \(range.lowerBound) or more"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
  }

  /// A decimal number, as the chat command's temperature is.
  static func number(_ text: String) throws(SettingProblem) -> Double {
    guard let number = Double(text), number.isFinite else {
      throw SettingProblem("is not a number", "write a number such as 0.7")
    }
    return number
  }

  /// One of the words of `Choice`, in any case.
  static func choice<Choice: RawRepresentable & CaseIterable>(
    _ text: String, of _: Choice.Type
  ) throws(SettingProblem) -> Choice where Choice.RawValue == String {
    if let choice = Choice(rawValue: text.lowercased()) { return choice }
    let words = Choice.allCases.map(\.rawValue)
    throw SettingProblem("is not one of the known values", "write \(words.joined(separator: ", "))")
  }

  /// An absolute URL path without query, trailing slash removed.
  static func absolutePath(_ text: String) throws(SettingProblem) -> String {
    guard text.hasPrefix("/"),
      !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f || $0 == 0x3f || $0 == 0x23 })
    else { throw SettingProblem("is not a path", "write an absolute path such as /metrics") }
    return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// The parts of a comma-separated list, trimmed, empty ones left out.
  static func list(_ text: String) -> [String] {
    text.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty }
  }

  /// `text` without spaces and tabs at both ends.
  static func trimmed(_ text: some StringProtocol) -> String {
    let body = text.drop { $0 == " " || $0 == "\t" }
    return String(body.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }

  /// The 32 bytes that a standard base64 text holds.
  static func key(_ text: String) throws(SettingProblem) -> Secret {
    guard let bytes = base64(text), bytes.count == 32 else {
      throw SettingProblem("is not base64 of 32 bytes", "make one with: openssl rand -base64 32")
    }
    return Secret(bytes)
  }

  private static func base64(_ text: String) -> [UInt8]? {
    let body = text.utf8.filter { $0 != 0x0a && $0 != 0x0d }
    let digits = body.prefix { $0 != UInt8(ascii: "=") }
    guard body.count % 4 == 0, body.count - digits.count <= 2 else { return nil }
    guard body.dropFirst(digits.count).allSatisfy({ $0 == UInt8(ascii: "=") }) else { return nil }
    var bytes: [UInt8] = []
    var pending: UInt32 = 0
    var bits = 0
    for digit in digits {
      guard let value = base64Value(digit) else { return nil }
      pending = (pending << 6 | value) & 0xffff
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
      }
    }
    return bytes
  }

  private static func base64Value(_ digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
