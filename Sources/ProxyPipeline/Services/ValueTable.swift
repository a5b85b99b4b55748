import Synchronization

/// Values behind `llmp.kv/1`: per module, bounded in bytes, gone when the process ends. Any thread.
final class ValueTable: Sendable {
  private enum Value {
    case blob(Blob)
    case number(Int64)
  }

  private struct Entry {
    var value: Value
    /// Monotonic nanoseconds; `.max` = stays.
    var expires: UInt64
    var cost: Int
  }

  private struct Space {
    var entries: [[UInt8]: Entry] = [:]
    var bytes = 0
  }

  /// Bytes one module may keep, keys included.
  static let bytesPerModule = 16 << 20
  private let spaces = Mutex<[String: Space]>([:])

  /// A retained blob, or nil.
  func get(_ module: String, _ key: [UInt8], now: UInt64) -> Blob? {
    spaces.withLock { spaces in
      guard case .blob(let blob)? = Self.live(spaces[module], key, now) else { return nil }
      blob.retain()
      return blob
    }
  }

  /// False when the module's share is full.
  func put(_ module: String, _ key: [UInt8], _ blob: Blob, expires: UInt64, now: UInt64) -> Bool {
    blob.retain()
    let isStored = set(module, key, .blob(blob), blob.bytes.count, expires, now)
    if !isStored { blob.release() }
    return isStored
  }

  func delete(_ module: String, _ key: [UInt8]) -> Bool {
    spaces.withLock { Self.drop(&$0[module, default: Space()], key) }
  }

  /// The number after adding, or nil when the key holds bytes or the share is full.
  func increment(_ module: String, _ key: [UInt8], by amount: Int64, expires: UInt64, now: UInt64) -> Int64? {
    spaces.withLock { spaces in
      var space = spaces[module] ?? Space()
      defer { spaces[module] = space }
      switch Self.live(space, key, now) {
      case .blob: return nil
      case .number(let old):
        let new = old &+ amount
        space.entries[key]?.value = .number(new)
        return new
      case nil:
        return Self.store(&space, key, .number(amount), 8, expires, now) ? amount : nil
      }
    }
  }

  private func set(
    _ module: String, _ key: [UInt8], _ value: Value, _ size: Int, _ expires: UInt64, _ now: UInt64
  ) -> Bool {
    spaces.withLock { Self.store(&$0[module, default: Space()], key, value, size, expires, now) }
  }

  private static func live(_ space: Space?, _ key: [UInt8], _ now: UInt64) -> Value? {
    guard let entry = space?.entries[key], entry.expires > now else { return nil }
    return entry.value
  }

  private static func store(
    _ space: inout Space, _ key: [UInt8], _ value: Value, _ size: Int, _ expires: UInt64, _ now: UInt64
  ) -> Bool {
    _ = drop(&space, key)
    let cost = key.count + size + 64
    if space.bytes + cost > bytesPerModule {
      for (key, entry) in space.entries where entry.expires <= now { _ = drop(&space, key) }
    }
    guard space.bytes + cost <= bytesPerModule else { return false }
    space.entries[key] = Entry(value: value, expires: expires, cost: cost)
    space.bytes += cost
    return true
  }

  private static func drop(_ space: inout Space, _ key: [UInt8]) -> Bool {
    guard let old = space.entries.removeValue(forKey: key) else { return false }
    space.bytes -= old.cost
    if case .blob(let blob) = old.value { blob.release() }
    return true
  }
}
