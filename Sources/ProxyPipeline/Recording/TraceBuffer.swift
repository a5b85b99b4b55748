import CLLMProxyPlugin
import ProxyPluginHost

/// The hook calls of one exchange as they were measured anyway: fixed memory in the reused exchange object,
/// turned into a record only when somebody wants it.
///
/// Loop-confined. A call costs a comparison and one store of a few words; beyond `capacity` calls are counted
/// by the meters only.
struct TraceBuffer: ~Copyable {
  /// One call, or several of the same stream hook added up.
  struct Entry {
    /// Monotonic nanoseconds.
    var start: UInt64
    var nanoseconds: UInt64
    var calls: UInt32
    /// Position of the stage in the chain; `adapter` for the adapter.
    var owner: UInt8
    /// Raw value of the hook, by the kind of its owner.
    var hook: UInt8
    var verdict: llmp_verdict_t
  }

  static let capacity = 40
  static let adapter = UInt8.max
  /// How far back a call of a stream hook looks for the one before it.
  private static let lookBack = 8

  /// Room for what a stream that was `compact`ed still has to come: its pieces, its end, those who are told.
  private static let rest = 7

  private var entries: UnsafeMutablePointer<Entry>
  private var room = capacity
  private(set) var count = 0

  init() {
    entries = .allocate(capacity: Self.capacity)
  }

  deinit { entries.deallocate() }

  /// Notes a call that began at `start`. `isRepeated` adds calls of one stream hook up.
  @inline(__always)
  mutating func add(
    _ owner: UInt8, _ hook: Int, _ verdict: llmp_verdict_t, _ start: UInt64, _ nanoseconds: UInt64,
    _ isRepeated: Bool
  ) {
    if isRepeated, merge(owner, hook, verdict, nanoseconds) { return }
    guard count < room else { return }
    (entries + count).initialize(
      to: Entry(
        start: start, nanoseconds: nanoseconds, calls: 1, owner: owner,
        hook: UInt8(truncatingIfNeeded: hook), verdict: verdict))
    count += 1
  }

  /// Adds a call to the entry of the one before it, when that is near.
  private mutating func merge(
    _ owner: UInt8, _ hook: Int, _ verdict: llmp_verdict_t, _ nanoseconds: UInt64
  ) -> Bool {
    for index in stride(from: count - 1, through: max(0, count - Self.lookBack), by: -1)
    where entries[index].owner == owner && entries[index].hook == UInt8(truncatingIfNeeded: hook) {
      entries[index].nanoseconds &+= nanoseconds
      entries[index].calls &+= 1
      entries[index].verdict = verdict
      return true
    }
    return false
  }

  /// The call at `index`.
  subscript(index: Int) -> Entry { entries[index] }

  mutating func reset() {
    count = 0
    if room != Self.capacity { resize(Self.capacity) }
  }

  /// Keeps no more room than a stream needs, which may last for hours.
  mutating func compact() {
    if count + Self.rest < room { resize(count + Self.rest) }
  }

  private mutating func resize(_ size: Int) {
    let new = UnsafeMutablePointer<Entry>.allocate(capacity: size)
    new.moveInitialize(from: entries, count: count)
    entries.deallocate()
    entries = new
    room = size
  }
}
