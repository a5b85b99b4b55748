internal import ProxyCore

/// A provider key as found in the file.
enum StoredProviderKey: Sendable, Equatable {
  /// Readable with what is configured.
  case readable(Secret)
  /// Sealed, and no `ENCRYPTION_KEY` is set.
  case sealedWithoutKey
  /// Sealed with another key than the configured one, or damaged.
  case sealedWithOtherKey

  /// Reads a column: a value without the prefix is the key itself.
  init(column value: String, sealingKey: SealingKey?) {
    if !SealingKey.isSealed(value) {
      self = .readable(Secret(value))
    } else if let sealingKey {
      self = sealingKey.open(value).map { .readable($0) } ?? .sealedWithOtherKey
    } else {
      self = .sealedWithoutKey
    }
  }

  /// What to do about a key that cannot be read; `nil` when it can.
  var problem: String? {
    switch self {
    case .readable: nil
    case .sealedWithoutKey:
      "the provider key is sealed and ENCRYPTION_KEY is not set; set it to the key it was sealed with"
    case .sealedWithOtherKey:
      "ENCRYPTION_KEY does not open the provider key; set the key it was sealed with, "
        + "or store the provider key again"
    }
  }
}
