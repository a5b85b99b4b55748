internal import CLLMProxyPlugin

/// `llmp.apis/1`: the `apis:` of the configuration, the same as long as the instance lives.
public struct APIsService: @unchecked Sendable {
  // Host tables do not change while the instance lives; the functions without a Request are [any].
  let table: UnsafePointer<llmp_apis_api_t>
  let host: Host

  /// How many APIs there are.
  public var count: Int { table.pointee.count?(host.context) ?? 0 }

  /// Name and settings of one API.
  ///
  /// - Parameter index: within `0..<count`.
  public func api(at index: Int) throws(PluginFailure) -> (name: String, settings: JSONValue) {
    var name = llmp_str_t()
    var settings = llmp_str_t()
    let status = table.pointee.at?(host.context, index, &name, &settings) ?? LLMP_E_UNSUPPORTED
    if status != LLMP_OK { throw PluginFailure.host("apis.at", status) }
    let title = String(Slice(name))
    do {
      return (title, try JSONValue(parsing: settings.buffer))
    } catch {
      throw PluginFailure("apis.\(title): \(error)", code: LLMP_E_INVALID)
    }
  }

  /// The API that a request is routed to; nil when it is routed to none.
  public func selected(for request: Request) -> Int? {
    guard let index = table.pointee.selected?(host.context, request.handle), index >= 0 else {
      return nil
    }
    return index
  }

  /// Has the request carried to that API's provider once the last request hook has agreed.
  public func forward(_ request: Request, to index: Int) throws(PluginFailure) {
    try request.check(table.pointee.forward?(host.context, request.handle, index), "apis.forward")
  }
}

extension Host {
  /// The configured APIs; list `llmp.apis/1` under `services`.
  public func apis() throws(PluginFailure) -> APIsService {
    APIsService(table: try service("llmp.apis/1", as: llmp_apis_api_t.self), host: self)
  }
}
