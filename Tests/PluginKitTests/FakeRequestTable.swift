import CLLMProxyPlugin

/// `llmp_request_api_t` over `FakeExchange`.
enum FakeRequestTable {
  static func make() -> llmp_request_api_t {
    var table = llmp_request_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_request_api_t>.size)
    addFacts(&table)
    addHeaders(&table)
    addReply(&table)
    addReferences(&table)
    return table
  }

  private static func addFacts(_ table: inout llmp_request_api_t) {
    table.attr_get = { request, attribute, value in
      guard let exchange = FakeExchange.of(request), let bytes = exchange.attributes[attribute] else {
        return LLMP_E_NOT_FOUND
      }
      value?.pointee = exchange.lend(bytes)
      return LLMP_OK
    }
    table.attr_set = { request, attribute, value in
      FakeExchange.of(request)?.attributes[attribute] = value.bytes
      return LLMP_OK
    }
    table.is_cancelled = { _ in 0 }
    table.deadline_ns = { _ in 0 }
    table.meta_get_str = { request, key, value in
      guard let exchange = FakeExchange.of(request), let bytes = exchange.texts[key] else {
        return LLMP_E_NOT_FOUND
      }
      value?.pointee = exchange.lend(bytes)
      return LLMP_OK
    }
    table.meta_get_i64 = { request, key, value in
      guard let number = FakeExchange.of(request)?.integers[key] else { return LLMP_E_NOT_FOUND }
      value?.pointee = number
      return LLMP_OK
    }
    table.meta_set_str = { request, key, value in
      FakeExchange.of(request)?.texts[key] = value.bytes
      return LLMP_OK
    }
    table.meta_set_i64 = { request, key, value in
      FakeExchange.of(request)?.integers[key] = value
      return LLMP_OK
    }
    table.usage_get = { request, usage in
      guard let usage, let known = FakeExchange.of(request)?.usage else { return LLMP_E_NOT_FOUND }
      guard Int(usage.pointee.struct_size) >= MemoryLayout<llmp_usage_t>.size else {
        return LLMP_E_INVALID
      }
      usage.pointee = known
      return LLMP_OK
    }
    table.exchange_get = { request, exchange in
      guard let exchange, let known = FakeExchange.of(request)?.facts,
        Int(exchange.pointee.struct_size) >= MemoryLayout<llmp_exchange_t>.size
      else { return LLMP_E_INVALID }
      exchange.pointee = known
      return LLMP_OK
    }
    table.log = { request, level, message, fields in
      FakeExchange.of(request)?.host.log.withLock { $0.append("\(level) \(message.text) \(fields.text)") }
    }
  }

  private static func addHeaders(_ table: inout llmp_request_api_t) {
    table.hdr_count = { request, map in FakeExchange.of(request)?.headers[map]?.count ?? 0 }
    table.hdr_at = { request, map, index, line in
      guard let exchange = FakeExchange.of(request), let lines = exchange.headers[map],
        lines.indices.contains(index)
      else { return LLMP_E_NOT_FOUND }
      line?.pointee.name = exchange.lend(Array(lines[index].name.utf8))
      line?.pointee.value = exchange.lend(lines[index].value)
      return LLMP_OK
    }
    table.hdr_get = { request, map, name, nth, value in
      guard let exchange = FakeExchange.of(request) else { return LLMP_E_STATE }
      let wanted = name.text.lowercased()
      let matches = (exchange.headers[map] ?? []).filter { $0.name == wanted }
      guard matches.indices.contains(nth) else { return LLMP_E_NOT_FOUND }
      value?.pointee = exchange.lend(matches[nth].value)
      return LLMP_OK
    }
    table.hdr_set = { request, map, name, value in
      guard value.isHeaderValue else { return LLMP_E_INVALID }
      let wanted = name.text.lowercased()
      FakeExchange.of(request)?.headers[map, default: []].removeAll { $0.name == wanted }
      FakeExchange.of(request)?.headers[map, default: []].append((wanted, value.bytes))
      return LLMP_OK
    }
    table.hdr_add = { request, map, name, value in
      guard value.isHeaderValue else { return LLMP_E_INVALID }
      FakeExchange.of(request)?.headers[map, default: []].append((name.text.lowercased(), value.bytes))
      return LLMP_OK
    }
    table.hdr_remove = { request, map, name in
      let wanted = name.text.lowercased()
      FakeExchange.of(request)?.headers[map, default: []].removeAll { $0.name == wanted }
      return LLMP_OK
    }
  }

  private static func addReply(_ table: inout llmp_request_api_t) {
    table.body_get = { request, map, bytes in
      guard let exchange = FakeExchange.of(request), let body = exchange.bodies[map] else {
        return LLMP_E_STATE
      }
      bytes?.pointee = exchange.lend(body)
      return LLMP_OK
    }
    table.body_set = { request, map, bytes in
      FakeExchange.of(request)?.bodies[map] = bytes.bytes
      return LLMP_OK
    }
    table.status_get = { request, _ in FakeExchange.of(request)?.facts.http_status ?? 0 }
    table.status_set = { request, status in
      FakeExchange.of(request)?.facts.http_status = status
      return LLMP_OK
    }
    table.respond = { request, status, headers, count, body in
      guard let exchange = FakeExchange.of(request) else { return LLMP_E_STATE }
      for index in 0..<count {
        guard let header = headers?[index] else { return LLMP_E_INVALID }
        exchange.headers[LLMP_MAP_RESPONSE, default: []].append((header.name.text, header.value.bytes))
      }
      exchange.reply = FakeExchange.Reply(status: status, body: body.bytes)
      return LLMP_OK
    }
    table.respond_error = { request, status, type, code, message in
      FakeExchange.of(request)?.reply = FakeExchange.Reply(
        status: status, code: code.text, type: type.text, message: message.text)
      return LLMP_OK
    }
    table.respond_stream = { request, status, _, _ in
      FakeExchange.of(request)?.reply = FakeExchange.Reply(status: status)
      return LLMP_OK
    }
  }

  private static func addReferences(_ table: inout llmp_request_api_t) {
    table.ref = { request in
      guard let exchange = FakeExchange.of(request) else { return nil }
      exchange.host.references.withLock { $0 += 1 }
      let reference = UnsafeMutablePointer<llmp_req_ref_t>.allocate(capacity: 1)
      reference.initialize(to: llmp_req_ref_t(opaque_: Unmanaged.passRetained(exchange).toOpaque()))
      return reference
    }
    table.ref_release = { reference in
      guard let reference, let opaque = reference.pointee.opaque_ else { return }
      let exchange = Unmanaged<FakeExchange>.fromOpaque(opaque).takeRetainedValue()
      exchange.host.references.withLock { $0 -= 1 }
      reference.deallocate()
    }
    table.resume = { reference, cookie in
      guard let opaque = reference?.pointee.opaque_ else { return LLMP_E_STATE }
      Unmanaged<FakeExchange>.fromOpaque(opaque).takeUnretainedValue().resumed.append(cookie)
      return LLMP_OK
    }
    table.stream_write = { reference, bytes in
      guard let opaque = reference?.pointee.opaque_ else { return LLMP_E_STATE }
      let exchange = Unmanaged<FakeExchange>.fromOpaque(opaque).takeUnretainedValue()
      if exchange.output.count == 2 { return LLMP_E_WOULD_BLOCK }
      exchange.output.append(bytes.text)
      return LLMP_OK
    }
    table.stream_end = { _ in LLMP_OK }
  }
}
