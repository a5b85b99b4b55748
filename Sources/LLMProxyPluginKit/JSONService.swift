internal import CLLMProxyPlugin

/// `llmp.json/1`: members of the JSON body that the host has read already. Nothing is parsed twice.
public struct JSONService: @unchecked Sendable {
  // Host tables do not change while the instance lives; calls need a Request, which only a hook has.
  let table: UnsafePointer<llmp_json_api_t>
  let host: Host

  /// The raw JSON text at an RFC 6901 pointer (strings keep their quotes), or nil.
  @_lifetime(copy request)
  public func value<Pointer: TextSource>(
    at pointer: Pointer, in map: HeaderMap = .request, of request: Request
  ) -> Slice? {
    var raw = llmp_str_t()
    let handle = request.handle
    let status = pointer.withText { table.pointee.get?(host.context, handle, map.rawValue, $0, &raw) }
    if status == LLMP_OK { return Slice(raw) }
    return nil
  }

  /// The `nth` top-level member of that name, or nil when there are no more. A JSON text may repeat
  /// a name, and parsers differ in which one they believe: look at all of them.
  ///
  /// - Throws: `LLMP_E_INVALID` when the body is not one JSON object.
  @_lifetime(copy request)
  public func member<Name: TextSource>(
    _ name: Name, nth: Int = 0, in map: HeaderMap = .request, of request: Request
  ) throws(PluginFailure) -> Slice? {
    var raw = llmp_str_t()
    let handle = request.handle
    let status = name.withText {
      table.pointee.member?(host.context, handle, map.rawValue, $0, nth, &raw)
    }
    if status == LLMP_OK { return Slice(raw) }
    if status == LLMP_E_NOT_FOUND { return nil }
    throw PluginFailure.host("json.member", status ?? LLMP_E_UNSUPPORTED)
  }

  /// Splices raw JSON text in at a pointer; all other bytes stay as the client sent them. Empty
  /// text removes the value.
  public func set<Pointer: TextSource, Text: TextSource & ~Escapable>(
    at pointer: Pointer, to raw: Text, in map: HeaderMap, of request: Request
  ) throws(PluginFailure) {
    let handle = request.handle
    let status = pointer.withText { pointer in
      raw.withText { table.pointee.set?(host.context, handle, map.rawValue, pointer, $0) }
    }
    try request.check(status, "json.set")
  }
}

extension Host {
  /// Members of JSON bodies; list `llmp.json/1` under `services`.
  public func json() throws(PluginFailure) -> JSONService {
    JSONService(table: try service("llmp.json/1", as: llmp_json_api_t.self), host: self)
  }
}
