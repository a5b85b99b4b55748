/// An amount of money without rounding, in millionths of a micro-unit.
///
/// A price of p micro-units for a million model tokens is p of these for one token, so that every product and
/// sum is a whole number. Rounding happens once, when an amount is shown or charged.
public struct ExactAmount: Sendable, Equatable {
  /// 10⁻¹² of the currency's unit.
  public var millionths: UInt128

  private static let perMicro: UInt128 = 1_000_000

  /// An amount; nothing by default.
  public init(millionths: UInt128 = 0) {
    self.millionths = millionths
  }

  /// Micro-units, half a micro-unit and more rounded up: for showing.
  public var rounded: Int64 {
    Int64(clamping: (millionths + Self.perMicro / 2) / Self.perMicro)
  }

  /// Micro-units, any part of one rounded up: for charging, so that no use is free of charge.
  public var roundedUp: Int64 {
    Int64(clamping: (millionths + Self.perMicro - 1) / Self.perMicro)
  }

  /// Adds an amount.
  public static func += (left: inout ExactAmount, right: ExactAmount) {
    left.millionths += right.millionths
  }
}
