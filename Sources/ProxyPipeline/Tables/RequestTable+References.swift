import CLLMProxyPlugin

extension RequestTable {
  static func fillReferences(_ table: inout llmp_request_api_t) {
    table.ref = { handle in
      guard let exchange = RequestTable.open(handle) else { return nil }
      return RefHandle.make(exchange)
    }
    table.ref_release = { pointer in
      RefHandle.release(pointer)
    }
    table.resume = { pointer, cookie in
      guard let handle = RefHandle.of(pointer) else { return LLMP_E_INVALID }
      return handle.reference.run { $0.resume(cookie: cookie, of: handle.owner) } ? LLMP_OK : LLMP_E_STATE
    }
    table.stream_write = { pointer, bytes in
      guard let handle = RefHandle.of(pointer) else { return LLMP_E_INVALID }
      switch handle.reference.write(Slice(bytes)) {
      case .accepted: return LLMP_OK
      case .full: return LLMP_E_WOULD_BLOCK
      case .over: return LLMP_E_STATE
      }
    }
    table.stream_end = { pointer in
      guard let handle = RefHandle.of(pointer) else { return LLMP_E_INVALID }
      return handle.reference.end() ? LLMP_OK : LLMP_E_STATE
    }
  }
}

/// What `llmp_req_ref_t` points at: one reference taken by one instance. Lives until `ref_release`.
///
/// `@unchecked Sendable`: immutable after `init`.
final class RefHandle: @unchecked Sendable {
  let reference: ExchangeRef
  /// The instance that took it: only its own pause is ended by its `resume`.
  let owner: UnsafeRawPointer?
  private let handle: UnsafeMutablePointer<llmp_req_ref_t>

  private init(_ exchange: Exchange) {
    reference = exchange.makeReference()
    owner = exchange.caller.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) }
    handle = .allocate(capacity: 1)
  }

  deinit { handle.deallocate() }

  static func make(_ exchange: Exchange) -> UnsafeMutablePointer<llmp_req_ref_t> {
    let made = RefHandle(exchange)
    made.handle.initialize(to: llmp_req_ref_t(opaque_: Unmanaged.passRetained(made).toOpaque()))
    return made.handle
  }

  static func of(_ pointer: UnsafeMutablePointer<llmp_req_ref_t>?) -> RefHandle? {
    guard let opaque = pointer?.pointee.opaque_ else { return nil }
    return Unmanaged<RefHandle>.fromOpaque(opaque).takeUnretainedValue()
  }

  static func release(_ pointer: UnsafeMutablePointer<llmp_req_ref_t>?) {
    guard let opaque = pointer?.pointee.opaque_ else { return }
    Unmanaged<RefHandle>.fromOpaque(opaque).release()
  }
}
