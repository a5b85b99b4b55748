import CLLMProxyPlugin
import ProxyCore

/// `llmp.limits/1`: all limits of a request in one step.
enum LimitsService {
  nonisolated(unsafe) static let table: UnsafePointer<llmp_limits_api_t> = {
    var table = llmp_limits_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_limits_api_t>.size)
    table.take = { _, handle, limits, count, out in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let limits, let out, count > 0, count <= 64 else { return LLMP_E_INVALID }
        return LimitsService.take(exchange, limits, Int(count), out)
      }
    }
    table.settle = { context, lease, index, realCost in
      guard let book = InstanceServices.of(context)?.state.leases else { return LLMP_E_STATE }
      return book.settle(lease, Int(clamping: index), realCost: realCost) ? LLMP_OK : LLMP_E_NOT_FOUND
    }
    return ServiceTables.lasting(table)
  }()

  private static func take(
    _ exchange: Exchange, _ limits: UnsafePointer<UnsafePointer<llmp_limit_t>?>, _ count: Int,
    _ out: UnsafeMutablePointer<llmp_limit_result_t>
  ) -> llmp_status_t {
    // On the stack: an array would be allocated for each request.
    withUnsafeTemporaryAllocation(of: LimitTable.Request.self, capacity: count) { requests in
      var filled = 0
      defer { requests[..<filled].deinitialize() }
      while filled < count {
        guard let limit = limits[filled]?.pointee, let request = LimitTable.Request(limit) else {
          return LLMP_E_INVALID
        }
        requests.initializeElement(at: filled, to: request)
        filled += 1
      }
      take(exchange, requests, out)
      return LLMP_OK
    }
  }

  private static func take(
    _ exchange: Exchange, _ requests: UnsafeMutableBufferPointer<LimitTable.Request>,
    _ out: UnsafeMutablePointer<llmp_limit_result_t>
  ) {
    let state = exchange.loop.state
    // When the hook began: a look at the clock would cost as much as the buckets.
    let now = exchange.hookClock
    switch state.limits.take(requests, now: now) {
    case .allowed(let remaining):
      out.pointee.allowed = 1
      out.pointee.failed_index = 0
      out.pointee.remaining = remaining
      out.pointee.retry_after_ms = 0
      out.pointee.lease = 0
      if requests.contains(where: { $0.isConcurrency || $0.cost > 1 }) {
        let lease = state.leases.begin(requests, now: now)
        exchange.leases.append(lease)
        out.pointee.lease = lease
      }
    case .refused(let index, let retryAfter):
      out.pointee.allowed = 0
      out.pointee.failed_index = UInt32(index)
      out.pointee.remaining = 0
      out.pointee.retry_after_ms = max(1, retryAfter / 1_000_000)
      out.pointee.lease = 0
    }
  }
}

extension LimitTable.Request {
  var isConcurrency: Bool { algorithm == LLMP_LIMIT_CONCURRENCY }

  /// What a plugin asks for; nil when it makes no sense.
  fileprivate init?(_ limit: llmp_limit_t) {
    guard Int(limit.struct_size) >= MemoryLayout<llmp_limit_t>.size, (1...3).contains(limit.algorithm),
      limit.key.len > 0, limit.key.len <= 512
    else { return nil }
    self.init(
      key: .lent(Slice(limit.key).bytes), algorithm: limit.algorithm, limit: limit.limit,
      windowNanoseconds: limit.window_ms.multipliedReportingOverflow(by: 1_000_000).partialValue,
      burst: limit.burst, cost: limit.cost)
  }
}
