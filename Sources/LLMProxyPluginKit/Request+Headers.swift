public import CLLMProxyPlugin

/// Which headers: those of the client, of our answer, and of the provider.
public struct HeaderMap: RawRepresentable, Equatable, Sendable {
  /// The number that crosses the border, `LLMP_MAP_…`.
  public let rawValue: llmp_map_t

  /// For maps this version of the kit does not name.
  @inlinable public init(rawValue: llmp_map_t) { self.rawValue = rawValue }

  /// What the client sent.
  @inlinable public static var request: HeaderMap { HeaderMap(rawValue: LLMP_MAP_REQUEST) }
  /// What the client will get. Set in a request hook, a header is kept for whatever answer comes.
  @inlinable public static var response: HeaderMap { HeaderMap(rawValue: LLMP_MAP_RESPONSE) }
  /// What the provider will get.
  @inlinable public static var upstreamRequest: HeaderMap {
    HeaderMap(rawValue: LLMP_MAP_UPSTREAM_REQUEST)
  }
  /// What the provider sent; read only.
  @inlinable public static var upstreamResponse: HeaderMap {
    HeaderMap(rawValue: LLMP_MAP_UPSTREAM_RESPONSE)
  }
}

extension Request {
  /// The `nth` value of a header (names compare without regard to case), or nil.
  @inlinable @_lifetime(copy self)
  public func header(_ name: StaticString, in map: HeaderMap = .request, nth: Int = 0) -> Slice? {
    var value = llmp_str_t()
    let status = name.withText { api.pointee.hdr_get?(handle, map.rawValue, $0, nth, &value) }
    if status == LLMP_OK { return Slice(value) }
    return nil
  }

  /// The same for a name that is not known when the plugin is compiled.
  @inlinable @_disfavoredOverload @_lifetime(copy self)
  public func header<Name: TextSource>(
    _ name: Name, in map: HeaderMap = .request, nth: Int = 0
  ) -> Slice? {
    var value = llmp_str_t()
    let status = name.withText { api.pointee.hdr_get?(handle, map.rawValue, $0, nth, &value) }
    if status == LLMP_OK { return Slice(value) }
    return nil
  }

  /// How many header lines there are.
  public func headerCount(in map: HeaderMap = .request) -> Int {
    api.pointee.hdr_count?(handle, map.rawValue) ?? 0
  }

  /// Visits every header line in the order of the wire, until `body` returns false.
  public func forEachHeader(
    in map: HeaderMap = .request, _ body: (_ name: Slice, _ value: Slice) throws -> Bool
  ) rethrows {
    for position in 0..<headerCount(in: map) {
      var line = llmp_header_t()
      guard api.pointee.hdr_at?(handle, map.rawValue, position, &line) == LLMP_OK else { return }
      if try !body(Slice(line.name), Slice(line.value)) { return }
    }
  }

  /// Replaces every line of that name by one. CR, LF and NUL in the value are refused by the host.
  @inlinable
  public func setHeader<Name: TextSource & ~Escapable, Value: TextSource & ~Escapable>(
    _ name: Name, _ value: Value, in map: HeaderMap
  ) throws(PluginFailure) {
    let status = name.withText { name in
      value.withText { value in api.pointee.hdr_set?(handle, map.rawValue, name, value) }
    }
    if status != LLMP_OK { try refused(status, "hdr_set") }
  }

  /// Adds a line and keeps those of that name that are there.
  @inlinable
  public func addHeader<Name: TextSource & ~Escapable, Value: TextSource & ~Escapable>(
    _ name: Name, _ value: Value, in map: HeaderMap
  ) throws(PluginFailure) {
    let status = name.withText { name in
      value.withText { value in api.pointee.hdr_add?(handle, map.rawValue, name, value) }
    }
    if status != LLMP_OK { try refused(status, "hdr_add") }
  }

  /// Removes every line of that name; none there is fine.
  public func removeHeader<Name: TextSource & ~Escapable>(
    _ name: Name, in map: HeaderMap
  ) throws(PluginFailure) {
    let status = name.withText { api.pointee.hdr_remove?(handle, map.rawValue, $0) }
    if status != LLMP_E_NOT_FOUND { try check(status, "hdr_remove") }
  }

  @usableFromInline
  func refused(_ status: llmp_status_t?, _ function: StaticString) throws(PluginFailure) {
    try check(status, function)
  }
}
