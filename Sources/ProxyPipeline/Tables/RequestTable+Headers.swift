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
    guard !name.isEmpty, name.count <= 256, value.count <= 32_768 else { return LLMP_E_LIMIT }
    guard let kept = lowerCased(name), FieldRules.isFieldValue(value.bytes) else { return LLMP_E_INVALID }
    guard !Self.isFraming(kept) else { return LLMP_E_DENIED }
    guard isEditable(map) else { return LLMP_E_STATE }
    let value = arena.copy(value.bytes)
    switch map {
    case LLMP_MAP_REQUEST:
      // What a stage does to the client's headers also holds for what goes upstream.
      requestMap.set(kept, value, replaces: replaces)
      upstreamMap.set(kept, value, replaces: replaces)
    case LLMP_MAP_UPSTREAM_REQUEST: upstreamMap.set(kept, value, replaces: replaces)
    default: responseMap.set(kept, value, replaces: replaces)
    }
    return LLMP_OK
  }

  func remove(_ map: llmp_map_t, _ name: Slice) -> llmp_status_t {
    guard phase != .ended, isEditable(map) else { return LLMP_E_STATE }
    let isFound: Bool
    switch map {
    case LLMP_MAP_REQUEST:
      let isRequestField = requestMap.remove(name)
      isFound = upstreamMap.remove(name) || isRequestField
    case LLMP_MAP_UPSTREAM_REQUEST: isFound = upstreamMap.remove(name)
    default:
      // A head that is still to come remembers the name, so the plugin's own bytes will not do.
      guard let kept = lowerCased(name) else { return LLMP_E_NOT_FOUND }
      isFound = responseMap.remove(kept)
    }
    return isFound ? LLMP_OK : LLMP_E_NOT_FOUND
  }

  private func isEditable(_ map: llmp_map_t) -> Bool {
    switch map {
    case LLMP_MAP_REQUEST, LLMP_MAP_UPSTREAM_REQUEST: phase.rawValue <= Phase.preparing.rawValue
    case LLMP_MAP_RESPONSE: !answer.isHeadSent
    default: false
    }
  }

  /// Framing is the host's: a stage that set it could make two parsers disagree.
  private static func isFraming(_ name: Slice) -> Bool {
    // Most names that are set begin with `x-`, and none of these does.
    if name.count >= 2, name.bytes[0] == UInt8(ascii: "x"), name.bytes[1] == UInt8(ascii: "-") {
      return false
    }
    switch KnownField(name: name.bytes) {
    case .contentLength, .transferEncoding, .connection, .keepAlive, .proxyConnection, .te, .trailer,
      .upgrade, .host:
      return true
    default: return false
    }
  }

  /// A copy in lower case; nil for what is no field name.
  private func lowerCased(_ name: Slice) -> Slice? {
    guard let start = name.start, name.count > 0 else { return nil }
    let copy = arena.allocate(name.count)
    guard FieldRules.copyToken(from: start, count: name.count, to: copy) else { return nil }
    return Slice(start: copy, count: name.count)
  }
}
