import CLLMProxyPlugin
import Dispatch
import Synchronization

/// The host side of one instance: the tables of the header, over plain Swift values.
final class FakeHost: @unchecked Sendable {
  // Counters and lines have locks; the rest is set up before a plugin sees it.
  let table = UnsafeMutablePointer<llmp_host_t>.allocate(capacity: 1)
  private let context = UnsafeMutablePointer<llmp_ctx_t>.allocate(capacity: 1)
  private let services: FakeServices
  var apis: [(name: String, settings: String)] = []
  var grants: Set<String> = [
    "llmp.limits/1", "llmp.apis/1", "llmp.json/1", "llmp.store/1", "llmp.timer/1",
    "llmp.commands/1",
  ]
  /// What the instance carries out, by name.
  let commands = Mutex<[String: llmp_command_fn]>([:])
  let limits = Mutex<[String: UInt64]>([:])
  let settled = Mutex<[Settlement]>([])
  let log = Mutex<[String]>([])
  let drains = Mutex(0)
  let references = Mutex(0)
  var unixMilliseconds: Int64 = 1_893_456_000_123
  var retryAfterMilliseconds: UInt64 = 1500
  /// Nanoseconds that the monotonic clock goes on with each look at it; 0: the real clock.
  var clockStep: UInt64 = 0
  let clock = Mutex<UInt64>(1)
  private var kept: [UnsafeMutableRawBufferPointer] = []

  struct Settlement: Equatable {
    var lease: UInt64
    var index: Int
    var cost: UInt64
  }

  init() {
    services = FakeServices()
    context.initialize(to: llmp_ctx_t(opaque_: nil))
    table.initialize(to: llmp_host_t())
    context.pointee.opaque_ = Unmanaged.passUnretained(self).toOpaque()
    table.pointee.struct_size = UInt32(MemoryLayout<llmp_host_t>.size)
    table.pointee.ctx = context
    table.pointee.req = UnsafePointer(services.request)
    table.pointee.out = UnsafePointer(services.output)
    table.pointee.get_service = { context, id in
      guard let host = FakeHost.of(context), let id = id.map({ String(cString: $0) }),
        host.grants.contains(id)
      else { return nil }
      return host.services.table(id)
    }
    table.pointee.log = { context, level, message, fields in
      FakeHost.of(context)?.log.withLock { $0.append("\(level) \(message.text) \(fields.text)") }
    }
    table.pointee.now_mono_ns = { context in
      guard let host = FakeHost.of(context), host.clockStep > 0 else {
        return DispatchTime.now().uptimeNanoseconds
      }
      return host.clock.withLock { clock in
        clock += host.clockStep
        return clock
      }
    }
    table.pointee.now_unix_ms = { FakeHost.of($0)?.unixMilliseconds ?? 0 }
    table.pointee.meta_key = { _, name, key in
      key?.pointee = 1024 + UInt32(name.len)
      return name.len > 0 ? LLMP_OK : LLMP_E_INVALID
    }
    table.pointee.drained = { FakeHost.of($0)?.drains.withLock { $0 += 1 } }
  }

  /// Text that stays as long as the host.
  func keep(_ text: String) -> llmp_str_t {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
    memory.copyBytes(from: text.utf8)
    kept.append(memory)
    return llmp_str_t(ptr: memory.baseAddress?.assumingMemoryBound(to: CChar.self), len: memory.count)
  }

  deinit {
    for memory in kept { memory.deallocate() }
    context.deallocate()
    table.deallocate()
  }

  static func of(_ context: UnsafeMutablePointer<llmp_ctx_t>?) -> FakeHost? {
    context?.pointee.opaque_.map { Unmanaged<FakeHost>.fromOpaque($0).takeUnretainedValue() }
  }
}
