import CLLMProxyPlugin
import ProxyCore

/// `llmp_request_api_t`: how plugins touch an exchange.
///
/// Every function checks that a hook of this exchange runs: a handle kept beyond its hook answers
/// `LLMP_E_STATE` instead of touching an exchange that is not the plugin's.
enum RequestTable {
  /// The exchange behind the handle, while one of its hooks runs.
  static func open(_ handle: UnsafeMutablePointer<llmp_req_t>?) -> Exchange? {
    guard let opaque = handle?.pointee.opaque_ else { return nil }
    let exchange = Unmanaged<Exchange>.fromOpaque(opaque).takeUnretainedValue()
    return exchange.isInHook ? exchange : nil
  }

  /// Lends `body` the exchange behind the handle, while one of its hooks runs; else answers `refusal`.
  ///
  /// Plugins call these functions some dozens of times for each request. The loop holds the exchange while its
  /// hooks run, so counting a reference for each call, twice the cost of most of them, is left out.
  @inline(__always)
  static func with<T>(
    _ handle: UnsafeMutablePointer<llmp_req_t>?, else refusal: T, _ body: (Exchange) -> T
  ) -> T {
    guard let opaque = handle?.pointee.opaque_ else { return refusal }
    return Unmanaged<Exchange>.fromOpaque(opaque)._withUnsafeGuaranteedRef { exchange in
      exchange.isInHook ? body(exchange) : refusal
    }
  }

  /// The one table; lives as long as the process.
  nonisolated(unsafe) static let shared: UnsafePointer<llmp_request_api_t> = {
    var table = llmp_request_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_request_api_t>.size)
    fillAttributes(&table)
    fillHeaders(&table)
    fillBodies(&table)
    fillReplies(&table)
    fillMetadata(&table)
    fillReferences(&table)
    let memory = UnsafeMutablePointer<llmp_request_api_t>.allocate(capacity: 1)
    memory.initialize(to: table)
    return UnsafePointer(memory)
  }()

  private static func fillAttributes(_ table: inout llmp_request_api_t) {
    table.attr_get = { handle, attribute, value in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let found = exchange.attribute(attribute) else { return LLMP_E_UNSUPPORTED }
        value?.pointee = found.text
        return LLMP_OK
      }
    }
    table.attr_set = { handle, attribute, value in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        return exchange.setAttribute(attribute, Slice(value))
      }
    }
    table.deadline_ns = { handle in
      guard let exchange = RequestTable.open(handle), let route = exchange.currentRoute,
        route.totalTimeout != 0
      else {
        return 0
      }
      return exchange.times.started &+ route.totalTimeout
    }
    table.is_cancelled = { handle in
      RequestTable.with(handle, else: 1) { exchange in
        return exchange.outcome.isClientGone ? 1 : 0
      }
    }
  }

  private static func fillMetadata(_ table: inout llmp_request_api_t) {
    table.meta_get_str = { handle, key, value in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let found = exchange.metadata[key] else { return LLMP_E_NOT_FOUND }
        guard case .text(let slice) = found else { return LLMP_E_INVALID }
        value?.pointee = slice.text
        return LLMP_OK
      }
    }
    table.meta_get_i64 = { handle, key, value in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let found = exchange.metadata[key] else { return LLMP_E_NOT_FOUND }
        guard case .integer(let number) = found else { return LLMP_E_INVALID }
        value?.pointee = number
        return LLMP_OK
      }
    }
    table.meta_get_f64 = { handle, key, value in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let found = exchange.metadata[key] else { return LLMP_E_NOT_FOUND }
        guard case .real(let number) = found else { return LLMP_E_INVALID }
        value?.pointee = number
        return LLMP_OK
      }
    }
    table.meta_set_str = { handle, key, value in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        return exchange.setMetadata(key, .text(exchange.arena.copy(Slice(value).bytes)))
      }
    }
    table.meta_set_i64 = { handle, key, value in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        return exchange.setMetadata(key, .integer(value))
      }
    }
    table.meta_set_f64 = { handle, key, value in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        return exchange.setMetadata(key, .real(value))
      }
    }
    table.usage_get = { handle, usage in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let usage else { return LLMP_E_INVALID }
        return RequestTable.copyOut(exchange.usage, to: usage, size: usage.pointee.struct_size)
      }
    }
    table.exchange_get = { handle, out in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let out else { return LLMP_E_INVALID }
        return RequestTable.copyOut(exchange.figures, to: out, size: out.pointee.struct_size)
      }
    }
  }

  /// Fills a growable struct of the plugin's, no further than the plugin knows it (R1).
  private static func copyOut<T>(_ value: T, to out: UnsafeMutablePointer<T>, size: UInt32) -> llmp_status_t {
    guard size >= 8 else { return LLMP_E_INVALID }
    let count = min(Int(size), MemoryLayout<T>.size)
    withUnsafeBytes(of: value) { raw in
      // The first four bytes are struct_size, which is the plugin's.
      UnsafeMutableRawPointer(out).advanced(by: 4)
        .copyMemory(from: raw.baseAddress.unsafelyUnwrapped + 4, byteCount: count - 4)
    }
    return LLMP_OK
  }
}
