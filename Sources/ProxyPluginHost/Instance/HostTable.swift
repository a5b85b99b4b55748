import CLLMProxyPlugin
import Glibc

/// The `llmp_host_t` of one instance and its `llmp_ctx_t`, at addresses that live as long as this object.
///
/// `@unchecked Sendable`: written in `init`, read only afterwards; the plugin promises to read only.
final class HostTable: @unchecked Sendable {
  /// What `create` is given.
  let pointer: UnsafePointer<llmp_host_t>
  let context: InstanceContext
  private let table: UnsafeMutablePointer<llmp_host_t>
  private let handle: UnsafeMutablePointer<llmp_ctx_t>
  private let name: StableText
  private let version: StableText

  init(context: InstanceContext) {
    self.context = context
    let host = context.host
    name = StableText(host.name)
    version = StableText(host.version)
    handle = .allocate(capacity: 1)
    // Unretained: this object keeps the context, and outlives the instance.
    handle.initialize(to: llmp_ctx_t(opaque_: Unmanaged.passUnretained(context).toOpaque()))
    table = .allocate(capacity: 1)
    var filled = llmp_host_t()
    filled.struct_size = UInt32(MemoryLayout<llmp_host_t>.size)
    filled.abi_major = UInt32(LLMP_ABI_MAJOR)
    filled.abi_minor = UInt32(LLMP_ABI_MINOR)
    filled.name = name.slice
    filled.version = version.slice
    filled.ctx = handle
    filled.req = host.requestAPI
    filled.out = host.outAPI
    filled.blob = host.blobAPI
    filled.get_service = { InstanceContext.of($0)?.service($1) }
    filled.log = { InstanceContext.of($0)?.log($1, $2, $3) }
    filled.now_mono_ns = { _ in HostClock.monotonicNanoseconds() }
    filled.now_unix_ms = { _ in HostClock.unixMilliseconds() }
    filled.meta_key = { InstanceContext.of($0)?.metaKey($1, $2) ?? LLMP_E_INVALID }
    filled.drained = { InstanceContext.of($0)?.drained() }
    table.initialize(to: filled)
    pointer = UnsafePointer(table)
  }

  deinit {
    table.deallocate()
    handle.deallocate()
  }
}

/// The clocks plugins see.
enum HostClock {
  /// CLOCK_MONOTONIC, the clock of all deadlines.
  static func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }

  /// Milliseconds since 1970.
  static func unixMilliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }
}

extension InstanceContext {
  /// Longest log message that is taken from a plugin.
  private static var logLimit: Int { 64 << 10 }

  fileprivate func service(_ id: UnsafePointer<CChar>?) -> UnsafeRawPointer? {
    guard let id, let name = String(validatingCString: id), isGranted(name) else { return nil }
    return host.service(name)
  }

  fileprivate func log(_ level: llmp_level_t, _ message: llmp_str_t, _ fields: llmp_str_t) {
    host.log(self, level, message.repaired(limit: Self.logLimit), fields.repaired(limit: Self.logLimit))
  }

  fileprivate func metaKey(
    _ name: llmp_str_t, _ key: UnsafeMutablePointer<llmp_key_t>?
  ) -> llmp_status_t {
    guard isSettingUp else { return LLMP_E_STATE }
    guard let key, let text = name.text(limit: 256), !text.isEmpty else { return LLMP_E_INVALID }
    let number = MetaKeys.key(named: text)
    guard number != 0 else { return LLMP_E_LIMIT }
    key.pointee = number
    return LLMP_OK
  }

  /// R10: the plugin may hold a lock of its own, so that nothing of it may run before this returns. What is
  /// registered only counts down and, at most, queues the destruction.
  fileprivate func drained() { markDrained() }
}

extension llmp_str_t {
  /// At most `limit` bytes of the slice as text, repaired where it is not UTF-8.
  fileprivate func repaired(limit: Int) -> String {
    guard let ptr, len > 0 else { return "" }
    return String(decoding: UnsafeRawBufferPointer(start: ptr, count: min(len, limit)), as: UTF8.self)
  }
}
