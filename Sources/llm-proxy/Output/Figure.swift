/// Numbers as reports show them.
enum Figure {
  /// Milliseconds with up to two decimals.
  static func milliseconds(_ duration: Duration) -> String {
    milliseconds(microseconds: duration.wholeMicroseconds)
  }

  /// Microseconds as milliseconds with up to two decimals.
  static func milliseconds(microseconds: Int64) -> String { decimal(Double(microseconds) / 1_000) }

  /// A number with up to two decimals, without zeros at its end.
  static func decimal(_ number: Double) -> String {
    guard number.isFinite, abs(number) < 1e15 else { return "0" }
    let hundredths = Int64((number * 100).rounded())
    let whole = hundredths.magnitude / 100
    let rest = Int(hundredths.magnitude % 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    return "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest % 10 == 0 ? rest / 10 : rest)"
  }
}

extension Duration {
  /// In microseconds.
  var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }
}
