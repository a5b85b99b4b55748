public import CLLMProxyPlugin

/// `llmp.limits/1`: rates and concurrency, counted by the host for all instances together.
public struct LimitsService: @unchecked Sendable {
  // Host tables do not change while the instance lives; every function is tagged [any].
  let table: UnsafePointer<llmp_limits_api_t>
  let host: Host

  /// How a take ended.
  public struct Outcome: Sendable {
    /// The struct as the host filled it.
    public let raw: llmp_limit_result_t

    /// All limits were taken; otherwise none.
    public var isAllowed: Bool { raw.allowed != 0 }
    /// The position of the limit that refused.
    public var refusedIndex: Int { Int(raw.failed_index) }
    /// Units left under the tightest limit.
    public var remaining: UInt64 { raw.remaining }
    /// When it is worth trying again; 0 when the host cannot tell.
    public var retryAfterMilliseconds: UInt64 { raw.retry_after_ms }
    /// For `settle`; 0 when there is nothing to settle.
    public var lease: UInt64 { raw.lease }
  }

  /// Takes all limits, or none. Concurrency is given back at the end of the request.
  ///
  /// The keys inside are borrowed for the call. Nothing is allocated for up to 128 limits.
  public func take(
    _ limits: UnsafeMutableBufferPointer<llmp_limit_t>, for request: Request
  ) throws(PluginFailure) -> Outcome {
    var result = llmp_limit_result_t()
    result.struct_size = UInt32(MemoryLayout<llmp_limit_result_t>.size)
    let handle = request.handle
    let status = withUnsafeTemporaryAllocation(
      of: UnsafePointer<llmp_limit_t>?.self, capacity: limits.count
    ) { pointers in
      for position in limits.indices {
        pointers.initializeElement(at: position, to: limits.baseAddress.map { UnsafePointer($0 + position) })
      }
      return table.pointee.take?(host.context, handle, pointers.baseAddress, limits.count, &result)
    }
    if let status, status == LLMP_OK { return Outcome(raw: result) }
    throw PluginFailure.host("limits.take", status ?? LLMP_E_UNSUPPORTED)
  }

  /// Corrects the cost of one taken limit once the real one is known; 0 gives everything back.
  public func settle(lease: UInt64, index: Int, cost: UInt64) throws(PluginFailure) {
    let status = table.pointee.settle?(host.context, lease, index, cost) ?? LLMP_E_UNSUPPORTED
    if status != LLMP_OK { throw PluginFailure.host("limits.settle", status) }
  }
}

extension Host {
  /// Rates and concurrency; list `llmp.limits/1` under `services`.
  public func limits() throws(PluginFailure) -> LimitsService {
    LimitsService(table: try service("llmp.limits/1", as: llmp_limits_api_t.self), host: self)
  }
}
