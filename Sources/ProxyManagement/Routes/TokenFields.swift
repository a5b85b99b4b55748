package import ProxyStore

/// The rules for the fields of access tokens in request bodies.
package enum TokenFields {
  /// Longest lifetime that a duration may ask for: 365 days.
  static let maximumMinutes: Int64 = 525_600

  /// The expiry that a creation asks for, in any of its forms; `nil` is never.
  ///
  /// The order of the checks and their texts are those of the Go program where it has them.
  static func expiry(_ fields: RequestFields, now: Timestamp) throws(ManagementFault) -> Timestamp? {
    let minutes = try fields.integer("duration_minutes")
    let hours = try fields.integer("duration_hours")
    let span = try fields.string("expires_in")
    let moment = try fields.string("expires_at")
    let never = try fields.bool("never") ?? false
    let given = [minutes != nil, hours != nil, span != nil, moment != nil, never].filter { $0 }.count
    guard given <= 1 else {
      throw .invalid("give only one of duration_minutes, duration_hours, expires_in, expires_at and never")
    }
    if never { return nil }
    if let moment { return try expiry(moment, now: now) }
    let seconds: Int64
    if let span {
      guard let parsed = DurationText.seconds(span) else {
        throw .invalid("expires_in must be a duration such as \"90m\", \"24h\" or \"7d\"")
      }
      guard parsed >= 60 else { throw .invalid("expires_in must be at least one minute") }
      guard parsed <= maximumMinutes * 60 else { throw .invalid("expires_in exceeds maximum allowed") }
      seconds = parsed
    } else if let hours {
      guard hours <= maximumMinutes / 60 else { throw .invalid("duration_hours exceeds maximum allowed") }
      guard hours > 0 else { throw .invalid("duration_hours must be > 0") }
      seconds = hours * 3600
    } else {
      guard minutes ?? 0 <= maximumMinutes else { throw .invalid("duration_minutes exceeds maximum allowed") }
      guard let minutes, minutes > 0 else {
        throw .invalid("project_id and duration_minutes are required", code: "missing_field")
      }
      seconds = minutes * 60
    }
    return now.advanced(by: .seconds(seconds))
  }

  /// A moment in the future from its text.
  static func expiry(_ text: String, now: Timestamp) throws(ManagementFault) -> Timestamp {
    guard let moment = moment(text) else {
      throw .invalid("expires_at must be a time such as \"2030-01-31T12:00:00Z\"")
    }
    guard moment > now else { throw .invalid("expires_at must be in the future") }
    return moment
  }

  /// RFC 3339, and the shorter forms the database knows; no zone is UTC.
  package static func moment(_ text: String) -> Timestamp? {
    guard text.utf8.count <= 40 else { return nil }
    return Timestamp(databaseText: text.replacing("t", with: "T").replacing("z", with: "Z"))
  }

  /// A limit of requests, not negative; 0 is unlimited.
  static func check(limit: Int64?) throws(ManagementFault) {
    if let limit, limit < 0 { throw .invalid("max_requests must be >= 0") }
  }

  /// A label: at most 255 bytes on one line.
  static func check(label: String?) throws(ManagementFault) {
    guard let label else { return }
    guard label.utf8.count <= 255 else { throw .invalid("label must have at most 255 bytes") }
    guard label.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
      throw .invalid("label must not contain control characters")
    }
  }
}

/// Durations as people write them: numbers with units, one after the other, `7d`, `1h30m`, `1.5h`.
package enum DurationText {
  /// The whole seconds of `text`; `nil` when it is not a duration, has no unit, or is absurdly long.
  package static func seconds(_ text: String) -> Int64? {
    var rest = text[...]
    var total = 0.0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard digits.first != ".", let number = Double(digits), let factor = factors[String(unit)] else {
        return nil
      }
      total += number * factor
    }
    return total < 1e12 ? Int64(total) : nil
  }

  private static let factors = ["s": 1.0, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
}
