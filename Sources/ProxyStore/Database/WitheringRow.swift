/// The columns by which a token withers from disuse, lives longer by use, or hangs on another token.
struct WitheringRow: Sendable, Equatable {
  /// Milliseconds without use after which it withers; 0 is never.
  var idle: Int64 = 0
  /// Milliseconds that a use gives it from then on; 0 is none.
  var renew: Int64 = 0
  /// What no renewal goes beyond, in milliseconds since the Unix epoch; `.max` is no bound.
  var renewUntil: Int64 = .max
  /// Its last use in the file, or when it was made.
  var lastUse: Int64 = 0
  /// True for a token that another token has made.
  var hasParent = false
  /// That token; `nil` when it is not in the file any more.
  var parent: TokenHash?
}

extension WitheringRow {
  /// Reads the current row of `TokenRow.selection`; `nil` when it has none of this.
  init?(_ statement: RawStatement) {
    let (hasIdle, hasRenew) = (!statement.isNull(10), !statement.isNull(11))
    hasParent = !statement.isNull(13)
    guard hasIdle || hasRenew || hasParent else { return nil }
    idle = Self.milliseconds(statement.integer(10))
    renew = Self.milliseconds(statement.integer(11))
    // A bound that cannot be read ends renewing: the safe side.
    renewUntil = statement.isNull(12) ? .max : statement.moment(12)?.milliseconds ?? 0
    lastUse = (statement.moment(14) ?? statement.moment(15))?.milliseconds ?? 0
    if hasParent { parent = TokenHash(column: statement.bytes(16)) }
  }

  /// Absurd numbers, which only a shell can have written, are cut so that no sum overflows.
  static func milliseconds(_ seconds: Int64) -> Int64 { max(0, min(seconds, 1 << 40)) * 1000 }
}
