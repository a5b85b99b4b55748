import ProxyStore

/// Decides which refusals of traffic get into the audit trail, so that neither a broken client in a loop nor
/// somebody who guesses can fill the disk. No clock and no lock of its own.
///
/// Of the same refusal (code, and token or else address) one a minute is recorded, with the number of those left
/// out since; of all together at most `allowance` a minute.
struct DenialSampler {
  /// Events of all kinds together in one window.
  static let allowance = 120
  /// Length of a window in seconds.
  static let windowSeconds: Int64 = 60
  /// Kinds of refusals remembered; beyond it all are forgotten, which costs at most `allowance` more events.
  static let kindLimit = 4096

  private struct Kind {
    var recordedAt: Int64
    var leftOut: UInt64 = 0
  }

  private var kinds: [String: Kind] = [:]
  private var began: Int64 = 0
  private var recorded = 0

  /// Notes a refusal at `second` of any steady clock.
  ///
  /// - Returns: how many of its kind were left out since the last one recorded, when this one is to be recorded;
  ///   else `nil`.
  mutating func admit(_ denial: DeniedRequest, at second: Int64) -> UInt64? {
    if second - began >= Self.windowSeconds { (began, recorded) = (second, 0) }
    let key = "\(denial.code) \(denial.tokenID ?? denial.clientIP)"
    if let kind = kinds[key], second - kind.recordedAt < Self.windowSeconds || recorded >= Self.allowance {
      kinds[key]?.leftOut += 1
      return nil
    }
    let leftOut = kinds[key]?.leftOut ?? 0
    if kinds[key] == nil, kinds.count >= Self.kindLimit { kinds = [:] }
    guard recorded < Self.allowance else {
      kinds[key] = Kind(recordedAt: second - Self.windowSeconds, leftOut: leftOut + 1)
      return nil
    }
    kinds[key] = Kind(recordedAt: second)
    recorded += 1
    return leftOut
  }
}
