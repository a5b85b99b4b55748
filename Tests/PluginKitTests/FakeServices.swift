import CLLMProxyPlugin

/// The tables themselves. They hold no state: each function finds its host or exchange again.
final class FakeServices {
  let request = make(FakeRequestTable.make())
  let output = make(FakeServices.outputTable())
  private let limits = make(FakeServices.limitsTable())
  private let apis = make(FakeServices.apisTable())
  private let json = make(FakeServices.jsonTable())
  private let store = make(FakeServices.storeTable())
  private let timer = make(FakeServices.timerTable())
  private let commands = make(FakeServices.commandsTable())

  func table(_ id: String) -> UnsafeRawPointer? {
    switch id {
    case "llmp.limits/1": UnsafeRawPointer(limits)
    case "llmp.apis/1": UnsafeRawPointer(apis)
    case "llmp.json/1": UnsafeRawPointer(json)
    case "llmp.store/1": UnsafeRawPointer(store)
    case "llmp.timer/1": UnsafeRawPointer(timer)
    case "llmp.commands/1": UnsafeRawPointer(commands)
    default: nil
    }
  }

  deinit {
    request.deallocate()
    output.deallocate()
    limits.deallocate()
    apis.deallocate()
    json.deallocate()
    store.deallocate()
    timer.deallocate()
    commands.deallocate()
  }

  private static func make<Table>(_ table: Table) -> UnsafeMutablePointer<Table> {
    let memory = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    memory.initialize(to: table)
    return memory
  }

  private static func outputTable() -> llmp_out_api_t {
    var table = llmp_out_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_out_api_t>.size)
    table.bytes = { output, bytes in
      FakeServices.exchange(output)?.output.append(bytes.text)
      return LLMP_OK
    }
    table.sse = { output, event, data, id in
      if data.len == 0 { return LLMP_E_INVALID }
      FakeServices.exchange(output)?.output.append("\(event.text)|\(data.text)|\(id.text)")
      return LLMP_OK
    }
    return table
  }

  private static func exchange(_ output: UnsafeMutablePointer<llmp_out_t>?) -> FakeExchange? {
    output?.pointee.opaque_.map { Unmanaged<FakeExchange>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Every limit counts up and nothing ever comes back but by `settle`.
  private static func limitsTable() -> llmp_limits_api_t {
    var table = llmp_limits_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_limits_api_t>.size)
    table.take = { context, request, limits, count, result in
      guard let host = FakeHost.of(context), let limits, let result else { return LLMP_E_INVALID }
      return host.limits.withLock { counts in
        var keys: [String] = []
        for index in 0..<count {
          guard let limit = limits[index]?.pointee else { return LLMP_E_INVALID }
          let key = "\(limit.key.text)=\(limit.limit)/\(limit.window_ms)/\(limit.algorithm)/\(limit.burst)"
          keys.append(key)
          if counts[key, default: 0] + limit.cost > limit.limit {
            result.pointee.allowed = 0
            result.pointee.failed_index = UInt32(index)
            result.pointee.retry_after_ms =
              limit.algorithm == LLMP_LIMIT_CONCURRENCY ? 0 : host.retryAfterMilliseconds
            return LLMP_OK
          }
        }
        for (index, key) in keys.enumerated() { counts[key, default: 0] += limits[index]?.pointee.cost ?? 0 }
        FakeExchange.of(request)?.heldLimits = keys
        result.pointee.allowed = 1
        result.pointee.lease = 77
        return LLMP_OK
      }
    }
    table.settle = { context, lease, index, cost in
      FakeHost.of(context)?.settled.withLock {
        $0.append(FakeHost.Settlement(lease: lease, index: index, cost: cost))
      }
      return LLMP_OK
    }
    return table
  }

  private static func apisTable() -> llmp_apis_api_t {
    var table = llmp_apis_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_apis_api_t>.size)
    table.count = { FakeHost.of($0)?.apis.count ?? 0 }
    table.at = { context, index, name, settings in
      guard let host = FakeHost.of(context), host.apis.indices.contains(index) else {
        return LLMP_E_NOT_FOUND
      }
      name?.pointee = host.keep(host.apis[index].name)
      settings?.pointee = host.keep(host.apis[index].settings)
      return LLMP_OK
    }
    table.selected = { _, request in FakeExchange.of(request)?.selectedAPI ?? 0 }
    table.forward = { _, request, index in
      FakeExchange.of(request)?.output.append("forward \(index)")
      return LLMP_OK
    }
    return table
  }
}
