#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Counts refused logins per address in windows of one minute. No clock and no lock of its own.
///
/// A right token is never throttled: the caller asks only after a login was refused. Requests that carry no
/// token at all are no guesses: they are never throttled, but they share the allowance of the audit trail.
struct LoginThrottle {
  /// What to do about a refused login.
  struct Verdict: Equatable {
    /// Seconds after which to try again: answer 429 with them; `nil` answers 401.
    var retryAfterSeconds: Int?
    /// True when it belongs in the audit trail. Bounded per window, so that guessing cannot fill the disk.
    var isAudited: Bool
  }

  /// Wrong tokens an address may present in one window before it is throttled, unless the settings say
  /// otherwise.
  static let allowance = 10
  /// Refused logins that are audited in one window, of one address and of all together.
  static let auditAllowance = (address: 20, total: 600)
  /// Length of a window in seconds.
  static let windowSeconds: Int64 = 60
  /// Addresses remembered; beyond it the window that began first is forgotten.
  static let addressLimit = 4096

  private struct Window {
    var began: Int64
    var wrong = 0
    var audited = 0
  }

  private let allowance: Int
  private var windows: [String: Window] = [:]
  private var total = Window(began: 0)

  /// Throttles beyond `allowance` wrong tokens in one window.
  init(allowance: Int = Self.allowance) {
    self.allowance = allowance
  }

  /// Records a refused login of `address` at `second` (of any steady clock) and says what follows.
  mutating func refused(_ address: String, isGuess: Bool, at second: Int64) -> Verdict {
    if second - total.began >= Self.windowSeconds { total = Window(began: second) }
    let address = Self.network(of: address)
    var window = windows[address] ?? Window(began: second)
    if second - window.began >= Self.windowSeconds { window = Window(began: second) }
    if windows[address] == nil { makeRoom(at: second) }
    if isGuess { window.wrong += 1 }
    let isThrottled = isGuess && window.wrong > allowance
    // Of the throttled ones only the first: it says that guessing goes on.
    let isNews = !isThrottled || window.wrong == allowance + 1
    let isAudited =
      isNews && window.audited < Self.auditAllowance.address && total.audited < Self.auditAllowance.total
    if isAudited {
      window.audited += 1
      total.audited += 1
    }
    windows[address] = window
    let left = Int(max(1, window.began + Self.windowSeconds - second))
    return Verdict(retryAfterSeconds: isThrottled ? left : nil, isAudited: isAudited)
  }

  /// Seconds until `address` may try again; `nil` when it may now.
  func blockedSeconds(_ address: String, at second: Int64) -> Int? {
    guard let window = windows[Self.network(of: address)], window.wrong >= allowance,
      second - window.began < Self.windowSeconds
    else { return nil }
    return Int(max(1, window.began + Self.windowSeconds - second))
  }

  /// Addresses remembered now.
  var addressCount: Int { windows.count }

  /// What one customer has: an IPv4 address, or the first half of an IPv6 one.
  private static func network(of address: String) -> String {
    var bytes = in6_addr()
    guard address.contains(":"), inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
    return withUnsafeBytes(of: &bytes) { half in
      // An IPv4 address in the form of the other family stays whole.
      let isMapped = half.prefix(10).allSatisfy { $0 == 0 } && half[10] == 0xff && half[11] == 0xff
      return isMapped ? address : half.prefix(8).map { String($0, radix: 16) }.joined(separator: ".")
    }
  }

  private mutating func makeRoom(at second: Int64) {
    guard windows.count >= Self.addressLimit else { return }
    windows = windows.filter { second - $0.value.began < Self.windowSeconds }
    guard windows.count >= Self.addressLimit,
      let oldest = windows.min(by: { $0.value.began < $1.value.began })
    else { return }
    windows[oldest.key] = nil
  }
}
