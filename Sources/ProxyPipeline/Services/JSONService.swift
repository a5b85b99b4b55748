import CLLMProxyPlugin
import NIOCore
import ProxyWire

/// `llmp.json/1`: values of a body by pointer or by name, as slices of the bytes that came.
enum JSONService {
  nonisolated(unsafe) static let table: UnsafePointer<llmp_json_api_t> = {
    var table = llmp_json_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_json_api_t>.size)
    table.get = { _, handle, map, pointer, raw in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        if map == LLMP_MAP_UPSTREAM_RESPONSE { return JSONService.observed(exchange, Slice(pointer), raw) }
        guard let body = exchange.lentBody(map) else { return LLMP_E_STATE }
        if JSONService.isRequest(map), !exchange.indexBody() { return LLMP_E_INVALID }
        guard let range = JSONPointer.resolve(Slice(pointer).bytes, in: body.bytes) else {
          return LLMP_E_NOT_FOUND
        }
        raw?.pointee = Slice(UnsafeRawBufferPointer(rebasing: body.bytes[range])).text
        return LLMP_OK
      }
    }
    table.set = { _, handle, map, pointer, raw in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        return JSONService.set(exchange, map, Slice(pointer), Slice(raw))
      }
    }
    table.member = { _, handle, map, name, nth, raw in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard JSONService.isRequest(map) else { return LLMP_E_UNSUPPORTED }
        guard let body = exchange.lentBody(map) else { return LLMP_E_STATE }
        guard exchange.indexBody() else { return LLMP_E_INVALID }
        guard
          let range = exchange.members.value(
            named: Slice(name).bytes, nth: Int(clamping: nth), in: body.bytes)
        else { return LLMP_E_NOT_FOUND }
        raw?.pointee = Slice(UnsafeRawBufferPointer(rebasing: body.bytes[range])).text
        return LLMP_OK
      }
    }
    table.lookalike = { _, handle, map, name, found in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard JSONService.isRequest(map) else { return LLMP_E_UNSUPPORTED }
        guard let body = exchange.lentBody(map) else { return LLMP_E_STATE }
        guard exchange.indexBody() else { return LLMP_E_INVALID }
        guard let member = exchange.members.lookalike(of: Slice(name).bytes, in: body.bytes) else {
          return LLMP_E_NOT_FOUND
        }
        found?.pointee = Slice(UnsafeRawBufferPointer(rebasing: body.bytes[member.key])).text
        return LLMP_OK
      }
    }
    return ServiceTables.lasting(table)
  }()

  private static func isRequest(_ map: llmp_map_t) -> Bool {
    map == LLMP_MAP_REQUEST || map == LLMP_MAP_UPSTREAM_REQUEST
  }

  /// A member that the adapter asked to keep while the answer passed: `/name`, or deeper into it.
  private static func observed(
    _ exchange: Exchange, _ pointer: Slice, _ raw: UnsafeMutablePointer<llmp_str_t>?
  ) -> llmp_status_t {
    guard exchange.answer.isScanning, let names = exchange.scannerOwner?.observes else {
      return LLMP_E_NOT_FOUND
    }
    guard pointer.count > 1, pointer.bytes[0] == UInt8(ascii: "/") else { return LLMP_E_INVALID }
    let path = UnsafeRawBufferPointer(rebasing: pointer.bytes[1...])
    let end = path.firstIndex(of: UInt8(ascii: "/")) ?? path.count
    guard let index = names.firstIndex(where: { $0.elementsEqual(path[..<end]) }),
      let text = exchange.scanner?.value(index)
    else { return LLMP_E_NOT_FOUND }
    let kept = text.withUnsafeBytes { exchange.arena.copy($0) }
    guard end < path.count else {
      raw?.pointee = kept.text
      return LLMP_OK
    }
    let rest = UnsafeRawBufferPointer(rebasing: path[end...])
    guard let range = JSONPointer.resolve(rest, in: kept.bytes) else { return LLMP_E_NOT_FOUND }
    raw?.pointee = Slice(UnsafeRawBufferPointer(rebasing: kept.bytes[range])).text
    return LLMP_OK
  }

  /// Replaces, adds or (with no bytes) removes one value; every other byte stays as it came.
  private static func set(
    _ exchange: Exchange, _ map: llmp_map_t, _ pointer: Slice, _ raw: Slice
  ) -> llmp_status_t {
    guard isRequest(map) else { return LLMP_E_UNSUPPORTED }
    guard let body = exchange.lentBody(map) else { return LLMP_E_STATE }
    guard exchange.indexBody() else { return LLMP_E_INVALID }
    if !raw.isEmpty, (try? JSONText.validate(raw.bytes)) == nil { return LLMP_E_INVALID }
    guard let spliced = JSONSplice.set(pointer.bytes, to: raw.bytes, in: body.bytes) else {
      return LLMP_E_NOT_FOUND
    }
    return exchange.setBody(map, spliced)
  }
}

extension Exchange {
  func setBody(_ map: llmp_map_t, _ bytes: [UInt8]) -> llmp_status_t {
    bytes.withUnsafeBytes { setBody(map, $0) }
  }
}
