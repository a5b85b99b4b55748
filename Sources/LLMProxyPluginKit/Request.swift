public import CLLMProxyPlugin

/// One request as a hook sees it. Good inside the hook that received it: the compiler refuses to
/// let it leave. Calls are `[request]`: on whatever thread the host runs the hook, never elsewhere.
///
/// Nothing here allocates unless it says so; what you read are `Slice`s of the host's own bytes.
public struct Request: ~Escapable {
  @usableFromInline let handle: UnsafeMutablePointer<llmp_req_t>
  @usableFromInline let host: UnsafePointer<llmp_host_t>
  @usableFromInline let api: UnsafePointer<llmp_request_api_t>
  @usableFromInline let slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>

  @inlinable @_lifetime(immortal)
  init(
    handle: UnsafeMutablePointer<llmp_req_t>, host: UnsafePointer<llmp_host_t>,
    api: UnsafePointer<llmp_request_api_t>, slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  ) {
    self.handle = handle
    self.host = host
    self.api = api
    self.slot = slot
  }

  /// A fact about the request, empty when there is none.
  @inlinable @_lifetime(copy self)
  public func attribute(_ attribute: Attribute) -> Slice {
    var value = llmp_str_t()
    guard api.pointee.attr_get?(handle, attribute.rawValue, &value) == LLMP_OK else {
      return Slice(llmp_str_t())
    }
    return Slice(value)
  }

  /// Changes an attribute that may be changed in this phase (the provider's URL in `prepare`).
  public func setAttribute<Text: TextSource & ~Escapable>(
    _ attribute: Attribute, _ value: Text
  ) throws(PluginFailure) {
    let status = value.withText { api.pointee.attr_set?(handle, attribute.rawValue, $0) }
    try check(status, "attr_set")
  }

  /// When the exchange must be over, in nanoseconds of the monotonic clock; nil when never.
  public var deadlineNanoseconds: UInt64? {
    guard let deadline = api.pointee.deadline_ns?(handle), deadline > 0 else { return nil }
    return deadline
  }

  /// True once the client has gone or the deadline has passed.
  public var isCancelled: Bool { api.pointee.is_cancelled?(handle) ?? 0 != 0 }

  /// A word of this stage for this request, zero at first. For stages that would otherwise allocate
  /// an object to keep a number; not together with `KeepsRequestState`.
  @inlinable public var word: UInt {
    get { UInt(bitPattern: slot.pointee) }
    nonmutating set { slot.pointee = UnsafeMutableRawPointer(bitPattern: newValue) }
  }

  /// Writes a line to the proxy's log, with request id and stage attached.
  ///
  /// - Parameter fields: a JSON object with values, or empty. No prompts, no keys.
  public func log(_ level: LogLevel, _ message: String, fields: String = "") {
    message.withText { text in
      fields.withText { json in api.pointee.log?(handle, level.rawValue, text, json) }
    }
  }

  func check(_ status: llmp_status_t?, _ function: StaticString) throws(PluginFailure) {
    let status = status ?? LLMP_E_UNSUPPORTED
    if status != LLMP_OK { throw PluginFailure.host(function, status) }
  }
}
