import CLLMProxyPlugin
import ProxyWire

extension RequestTable {
  static func fillHeaders(_ table: inout llmp_request_api_t) {
    table.hdr_count = { handle, map in
      RequestTable.with(handle, else: 0) { exchange in
        return exchange.headers(map)?.count ?? 0
      }
    }
    table.hdr_at = { handle, map, index, header in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let headers = exchange.headers(map) else { return LLMP_E_UNSUPPORTED }
        guard index <= Int.max, let field = headers.field(at: Int(index)) else { return LLMP_E_NOT_FOUND }
        header?.pointee = llmp_header_t(name: field.name.text, value: field.value.text)
        return LLMP_OK
      }
    }
    table.hdr_get = { handle, map, name, nth, value in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        let found: Slice?
        switch map {
        case LLMP_MAP_REQUEST: found = exchange.requestMap.get(Slice(name), nth: Int(nth))
        case LLMP_MAP_RESPONSE: found = exchange.responseMap.get(Slice(name), nth: Int(nth))
        case LLMP_MAP_UPSTREAM_REQUEST: found = exchange.upstreamMap.get(Slice(name), nth: Int(nth))
        case LLMP_MAP_UPSTREAM_RESPONSE: found = exchange.receivedAnswer(Slice(name), nth: Int(nth))
        default: return LLMP_E_UNSUPPORTED
        }
        guard let found else { return LLMP_E_NOT_FOUND }
        value?.pointee = found.text
        return LLMP_OK
      }
    }
    table.hdr_set = { handle, map, name, value in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        return exchange.edit(map, Slice(name), Slice(value), replaces: true)
      }
    }
    table.hdr_add = { handle, map, name, value in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        return exchange.edit(map, Slice(name), Slice(value), replaces: false)
      }
    }
    table.hdr_remove = { handle, map, name in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        return exchange.remove(map, Slice(name))
      }
    }
  }
}

extension Exchange {
  func headers(_ map: llmp_map_t) -> HeaderMap? {
    switch map {
    case LLMP_MAP_REQUEST: requestMap
    case LLMP_MAP_RESPONSE: responseMap
    case LLMP_MAP_UPSTREAM_REQUEST: upstreamMap
    case LLMP_MAP_UPSTREAM_RESPONSE: receivedMap
    default: nil
    }
  }

  /// The provider's head as it came.
  private var receivedMap: HeaderMap {
    var map = HeaderMap()
    map.attach(base: responseMap.base, fields: responseMap.base == nil ? [] : responseMap.fields)
    return map
  }

  func receivedAnswer(_ name: Slice, nth: Int) -> Slice? {
    receivedMap.get(name, nth: nth)
  }

  func edit(_ map: llmp_map_t, _ name: Slice, _ value: Slice, replaces: Bool) -> llmp_status_t {
    guard phase != .ended else { return LLMP_E_STATE }
    let status = Self.check(name, value)
    guard status == LLMP_OK else { return status }
    guard isEditable(map) else { return LLMP_E_STATE }
    let kept = lowerCased(name)
    let value = arena.copy(value.bytes)
    change(map) { headers in
      if replaces { headers.remove(kept) }
      headers.add(name: kept, value: value)
    }
    return LLMP_OK
  }

  func remove(_ map: llmp_map_t, _ name: Slice) -> llmp_status_t {
    guard phase != .ended, isEditable(map) else { return LLMP_E_STATE }
    let kept = lowerCased(name)
    var isFound = false
    change(map) { if $0.remove(kept) { isFound = true } }
    return isFound ? LLMP_OK : LLMP_E_NOT_FOUND
  }

  /// What a stage does to the client's headers also holds for what goes upstream.
  private func change(_ map: llmp_map_t, _ body: (inout HeaderMap) -> Void) {
    switch map {
    case LLMP_MAP_REQUEST:
      body(&requestMap)
      body(&upstreamMap)
    case LLMP_MAP_UPSTREAM_REQUEST: body(&upstreamMap)
    default: body(&responseMap)
    }
  }

  private func isEditable(_ map: llmp_map_t) -> Bool {
    switch map {
    case LLMP_MAP_REQUEST, LLMP_MAP_UPSTREAM_REQUEST: phase.rawValue <= Phase.preparing.rawValue
    case LLMP_MAP_RESPONSE: !answer.isHeadSent
    default: false
    }
  }

  /// Framing is the host's: a stage that set it could make two parsers disagree.
  private static func check(_ name: Slice, _ value: Slice) -> llmp_status_t {
    guard !name.isEmpty, name.count <= 256, value.count <= 32_768 else { return LLMP_E_LIMIT }
    guard FieldRules.isToken(name.bytes), FieldRules.isFieldValue(value.bytes) else { return LLMP_E_INVALID }
    switch KnownField(name: name.bytes) {
    case .contentLength, .transferEncoding, .connection, .keepAlive, .proxyConnection, .te, .trailer,
      .upgrade,
      .host:
      return LLMP_E_DENIED
    default: return LLMP_OK
    }
  }

  private func lowerCased(_ name: Slice) -> Slice {
    let copy = arena.allocate(name.count)
    for index in 0..<name.count { copy[index] = FieldRules.lowercased(name.bytes[index]) }
    return Slice(start: copy, count: name.count)
  }
}
