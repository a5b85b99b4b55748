public import CLLMProxyPlugin

/// A fact about a request: `LLMP_ATTR_…`.
public struct Attribute: RawRepresentable, Equatable, Sendable {
  /// The number that crosses the border.
  public let rawValue: llmp_attr_t

  /// For attributes this version of the kit does not name.
  @inlinable public init(rawValue: llmp_attr_t) { self.rawValue = rawValue }

  /// The id that is in logs and in the answer's `x-request-id`.
  @inlinable public static var requestID: Attribute { Attribute(rawValue: LLMP_ATTR_REQUEST_ID) }
  /// `GET`, `POST`, … in capitals.
  @inlinable public static var method: Attribute { Attribute(rawValue: LLMP_ATTR_METHOD) }
  /// The path as it came, percent-encoded, without the query.
  @inlinable public static var path: Attribute { Attribute(rawValue: LLMP_ATTR_PATH) }
  /// What follows the question mark.
  @inlinable public static var query: Attribute { Attribute(rawValue: LLMP_ATTR_QUERY) }
  /// Host and port that the client asked for.
  @inlinable public static var authority: Attribute { Attribute(rawValue: LLMP_ATTR_AUTHORITY) }
  /// `HTTP/1.1` or `HTTP/2`.
  @inlinable public static var protocolName: Attribute { Attribute(rawValue: LLMP_ATTR_PROTOCOL) }
  /// The client's address, after the rules for trusted proxies.
  @inlinable public static var clientAddress: Attribute { Attribute(rawValue: LLMP_ATTR_CLIENT_ADDR) }
  /// What is asked for: `chat.completions`, `embeddings`, …
  @inlinable public static var operation: Attribute { Attribute(rawValue: LLMP_ATTR_OPERATION) }
  /// W3C trace context.
  @inlinable public static var traceparent: Attribute { Attribute(rawValue: LLMP_ATTR_TRACEPARENT) }
  /// The name of the running stage in the configuration.
  @inlinable public static var instance: Attribute { Attribute(rawValue: LLMP_ATTR_INSTANCE) }
  /// The API of the configuration that the request is routed to.
  @inlinable public static var api: Attribute { Attribute(rawValue: LLMP_ATTR_API) }
  /// The stage that answered itself.
  @inlinable public static var deniedBy: Attribute { Attribute(rawValue: LLMP_ATTR_DENIED_BY) }
  /// `host:port` of the last attempt.
  @inlinable public static var upstreamHost: Attribute { Attribute(rawValue: LLMP_ATTR_UPSTREAM_HOST) }
}

/// A typed value that the stages of one request share. Only a stage that lists the key's name under
/// `provides` may write it.
public struct MetadataKey: RawRepresentable, Equatable, Sendable {
  /// The number that crosses the border.
  public let rawValue: llmp_key_t

  /// A key with the number that `Host.metadataKey` gave.
  @inlinable public init(rawValue: llmp_key_t) { self.rawValue = rawValue }

  /// `llmp.token_id`, text: which access token the request runs on.
  @inlinable public static var tokenID: MetadataKey { MetadataKey(rawValue: LLMP_META_TOKEN_ID) }
  /// `llmp.project_id`, text: who pays.
  @inlinable public static var projectID: MetadataKey { MetadataKey(rawValue: LLMP_META_PROJECT_ID) }
  /// `llmp.tenant_id`, text.
  @inlinable public static var tenantID: MetadataKey { MetadataKey(rawValue: LLMP_META_TENANT_ID) }
  /// `llmp.model`, text: the model as the client asked for it.
  @inlinable public static var model: MetadataKey { MetadataKey(rawValue: LLMP_META_MODEL) }
  /// `llmp.model_resolved`, text: the model as sent to the provider.
  @inlinable public static var modelResolved: MetadataKey {
    MetadataKey(rawValue: LLMP_META_MODEL_RESOLVED)
  }
  /// `llmp.provider`, text.
  @inlinable public static var provider: MetadataKey { MetadataKey(rawValue: LLMP_META_PROVIDER) }
  /// `llmp.stream`, integer: 1 when the client asked for an event stream.
  @inlinable public static var stream: MetadataKey { MetadataKey(rawValue: LLMP_META_STREAM) }
  /// `llmp.tokens_est`, integer: estimated usage before the call.
  @inlinable public static var estimatedUsage: MetadataKey {
    MetadataKey(rawValue: LLMP_META_TOKENS_EST)
  }
  /// `llmp.cost_micros`, integer: millionths of the billing currency.
  @inlinable public static var costMicros: MetadataKey {
    MetadataKey(rawValue: LLMP_META_COST_MICROS)
  }
  /// `llmp.cache_status`, text: `hit`, `miss` or `bypass`.
  @inlinable public static var cacheStatus: MetadataKey {
    MetadataKey(rawValue: LLMP_META_CACHE_STATUS)
  }
  /// `llmp.deny_reason`, text: the error code of a refusal.
  @inlinable public static var denyReason: MetadataKey { MetadataKey(rawValue: LLMP_META_DENY_REASON) }
}

extension Request {
  /// A text value, or nil when nobody has set it.
  @inlinable @_lifetime(copy self)
  public func metadata(_ key: MetadataKey) -> Slice? {
    var value = llmp_str_t()
    if api.pointee.meta_get_str?(handle, key.rawValue, &value) == LLMP_OK { return Slice(value) }
    return nil
  }

  /// The bytes of a text value, empty when nobody has set it; they must not outlive the hook.
  @inlinable public func metadataBytes(_ key: MetadataKey) -> UnsafeRawBufferPointer {
    var value = llmp_str_t()
    let status = api.pointee.meta_get_str?(handle, key.rawValue, &value)
    return status == LLMP_OK ? value.buffer : UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// An integer value, or nil when nobody has set it.
  @inlinable public func integer(_ key: MetadataKey) -> Int64? {
    var value: Int64 = 0
    return api.pointee.meta_get_i64?(handle, key.rawValue, &value) == LLMP_OK ? value : nil
  }

  /// A floating-point value, or nil when nobody has set it.
  public func double(_ key: MetadataKey) -> Double? {
    var value = 0.0
    return api.pointee.meta_get_f64?(handle, key.rawValue, &value) == LLMP_OK ? value : nil
  }

  /// Sets a text value; the stage must list the key under `provides`.
  public func setMetadata<Text: TextSource & ~Escapable>(
    _ key: MetadataKey, _ value: Text
  ) throws(PluginFailure) {
    let status = value.withText { api.pointee.meta_set_str?(handle, key.rawValue, $0) }
    try check(status, "meta_set_str")
  }

  /// Sets an integer value; the stage must list the key under `provides`.
  public func setMetadata(_ key: MetadataKey, integer: Int64) throws(PluginFailure) {
    try check(api.pointee.meta_set_i64?(handle, key.rawValue, integer), "meta_set_i64")
  }

  /// Sets a floating-point value; the stage must list the key under `provides`.
  public func setMetadata(_ key: MetadataKey, double: Double) throws(PluginFailure) {
    try check(api.pointee.meta_set_f64?(handle, key.rawValue, double), "meta_set_f64")
  }
}
