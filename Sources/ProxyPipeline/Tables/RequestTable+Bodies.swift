import CLLMProxyPlugin
import NIOCore

extension RequestTable {
  static func fillBodies(_ table: inout llmp_request_api_t) {
    table.body_get = { handle, map, bytes in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let body = exchange.lentBody(map) else { return LLMP_E_STATE }
        bytes?.pointee = body.text
        return LLMP_OK
      }
    }
    table.body_set = { handle, map, bytes in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        return exchange.setBody(map, Slice(bytes).bytes)
      }
    }
    table.body_blob = { handle, map, retained in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let body = exchange.lentBody(map) else { return LLMP_E_STATE }
        retained?.pointee = Blob(copying: body.bytes).handle
        return LLMP_OK
      }
    }
    table.body_set_blob = { handle, map, blob in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let blob = Blob.of(blob) else { return LLMP_E_INVALID }
        return exchange.setBody(map, blob.bytes)
      }
    }
  }
}

extension Exchange {
  /// The body that the running hook may see, as one piece; nil in any other hook.
  func lentBody(_ map: llmp_map_t) -> Slice? {
    switch map {
    case LLMP_MAP_REQUEST, LLMP_MAP_UPSTREAM_REQUEST:
      guard phase == .requestBody || phase == .preparing || phase == .accounting else { return nil }
      return isBodyComplete ? bodyBytes : nil
    case LLMP_MAP_RESPONSE:
      guard phase == .holdingAnswer else { return nil }
      return answer.held.map { $0.withUnsafeReadableBytes { Slice($0) } }
    default: return nil
    }
  }

  func setBody(_ map: llmp_map_t, _ bytes: UnsafeRawBufferPointer) -> llmp_status_t {
    guard bytes.count <= 1 << 30 else { return LLMP_E_LIMIT }
    switch map {
    case LLMP_MAP_REQUEST, LLMP_MAP_UPSTREAM_REQUEST:
      guard phase == .requestBody || phase == .preparing, isBodyComplete else { return LLMP_E_STATE }
      replaceBody(ByteBuffer(bytes: bytes))
      return LLMP_OK
    case LLMP_MAP_RESPONSE:
      guard phase == .holdingAnswer else { return LLMP_E_STATE }
      answer.held = ByteBuffer(bytes: bytes)
      return LLMP_OK
    default: return LLMP_E_UNSUPPORTED
    }
  }
}
