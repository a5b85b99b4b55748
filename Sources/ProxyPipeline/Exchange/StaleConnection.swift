import ProxyWire

/// Whether a request may be sent again when its pooled connection closed without a byte of an answer.
///
/// A provider that gives an idle connection up just as we write never sees the request: its kernel answers with a
/// reset, which is here a round trip later. One that closes later than that has read the request and may have
/// worked on it, and a model's answer that is made twice is paid twice. So within `unseenNanoseconds` every request
/// is repeated, after it only what its sender declared harmless to repeat: by its method (RFC 9110 9.2.2, RFC 9112
/// 9.3.1) or by an `Idempotency-Key`, which lets the provider tell the second from a new one.
enum StaleConnection {
  /// More than a round trip around the Earth, less than a model needs for an answer.
  static let unseenNanoseconds: UInt64 = 500_000_000

  /// - Parameter waited: nanoseconds from the write to the close.
  static func mayRepeat(_ method: Method, hasIdempotencyKey: Bool, waited: UInt64) -> Bool {
    waited < unseenNanoseconds || method.isIdempotent || hasIdempotencyKey
  }
}
