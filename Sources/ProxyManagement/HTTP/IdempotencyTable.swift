/// Answers of `POST` requests that carried an `Idempotency-Key`, so that a repetition gets the same answer
/// and does nothing. Bounded in number, bytes and time; kept in memory only, because answers may hold a
/// token's secret.
///
/// No clock and no lock of its own.
struct IdempotencyTable {
  /// What to do with a request.
  enum Admission {
    /// Carry it out, then call `complete` or `abandon` with this key.
    case proceed
    /// Answer this.
    case replay(Reply)
    /// The first request of this key is still at work: 409.
    case inProgress
    /// The key was used for another request: 422.
    case reused
  }

  /// Answers are kept for this long, in seconds.
  static let lifetimeSeconds: Int64 = 3600
  /// Keys remembered at most; the oldest finished one makes room.
  static let entryLimit = 1024
  /// Bytes of answers remembered at most.
  static let byteLimit = 4 << 20

  private struct Entry {
    var fingerprint: Int
    var began: Int64
    var reply: Reply?
    var bytes: Int
  }

  private var entries: [String: Entry] = [:]
  private var order: [String] = []
  private var bytes = 0

  /// Decides about a request of this key whose content hashes to `fingerprint`, at `second` of a steady
  /// clock.
  mutating func admit(key: String, fingerprint: Int, at second: Int64) -> Admission {
    expire(at: second)
    if let entry = entries[key] {
      guard entry.fingerprint == fingerprint else { return .reused }
      return entry.reply.map { .replay($0) } ?? .inProgress
    }
    entries[key] = Entry(fingerprint: fingerprint, began: second, reply: nil, bytes: 0)
    order.append(key)
    makeRoom()
    return .proceed
  }

  /// Keeps the answer for repetitions.
  mutating func complete(key: String, with reply: Reply) {
    guard var entry = entries[key], entry.reply == nil else { return }
    guard case .bytes(let body) = reply.body else { return abandon(key: key) }
    entry.reply = reply
    entry.bytes = body.count
    entries[key] = entry
    bytes += body.count
    makeRoom()
  }

  /// Forgets the key: the request failed in a way that a repetition may mend.
  mutating func abandon(key: String) {
    if let index = order.firstIndex(of: key) { forget(at: index) }
  }

  /// Keys remembered now.
  var count: Int { entries.count }

  private mutating func expire(at second: Int64) {
    // In order of arrival, so the expired ones are in front.
    while let first = order.first, let entry = entries[first], second - entry.began >= Self.lifetimeSeconds {
      forget(at: 0)
    }
  }

  private mutating func makeRoom() {
    while entries.count > Self.entryLimit || bytes > Self.byteLimit {
      guard let index = order.firstIndex(where: { entries[$0]?.reply != nil }) else { return }
      forget(at: index)
    }
  }

  private mutating func forget(at index: Int) {
    let key = order.remove(at: index)
    bytes -= entries.removeValue(forKey: key)?.bytes ?? 0
  }
}
