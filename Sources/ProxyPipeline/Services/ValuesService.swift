import CLLMProxyPlugin
import ProxyCore

/// `llmp.kv/1`: a module's own values, in memory.
enum ValuesService {
  nonisolated(unsafe) static let table: UnsafePointer<llmp_kv_api_t> = {
    var table = llmp_kv_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_kv_api_t>.size)
    table.get = { context, key, retained in
      guard let services = InstanceServices.of(context) else { return LLMP_E_STATE }
      let found = services.state.values.get(
        services.module, Array(Slice(key).bytes), now: Clocks.monotonicNanoseconds())
      guard let found else { return LLMP_E_NOT_FOUND }
      retained?.pointee = found.handle
      return LLMP_OK
    }
    table.put = { context, key, blob, ttl in
      guard let services = InstanceServices.of(context) else { return LLMP_E_STATE }
      guard let blob = Blob.of(blob), key.len > 0, key.len <= 1024 else { return LLMP_E_INVALID }
      let now = Clocks.monotonicNanoseconds()
      let isStored = services.state.values.put(
        services.module, Array(Slice(key).bytes), blob, expires: ValuesService.expiry(ttl, now), now: now)
      return isStored ? LLMP_OK : LLMP_E_LIMIT
    }
    table.del = { context, key in
      guard let services = InstanceServices.of(context) else { return LLMP_E_STATE }
      return services.state.values.delete(services.module, Array(Slice(key).bytes))
        ? LLMP_OK : LLMP_E_NOT_FOUND
    }
    table.incr = { context, key, amount, ttl, result in
      guard let services = InstanceServices.of(context) else { return LLMP_E_STATE }
      guard key.len > 0, key.len <= 1024 else { return LLMP_E_INVALID }
      let now = Clocks.monotonicNanoseconds()
      let new = services.state.values.increment(
        services.module, Array(Slice(key).bytes), by: amount, expires: ValuesService.expiry(ttl, now),
        now: now)
      guard let new else { return LLMP_E_LIMIT }
      result?.pointee = new
      return LLMP_OK
    }
    return ServiceTables.lasting(table)
  }()

  private static func expiry(_ ttlMilliseconds: UInt64, _ now: UInt64) -> UInt64 {
    if ttlMilliseconds == 0 { return .max }
    let (nanoseconds, isOver) = ttlMilliseconds.multipliedReportingOverflow(by: 1_000_000)
    return isOver ? .max : now.addingReportingOverflow(nanoseconds).partialValue
  }
}
