public import CLLMProxyPlugin

/// `llmp.store/1`: who presents a secret, and who pays.
public struct StoreService: @unchecked Sendable {
  // Host tables do not change while the instance lives; calls need a Request, which only a hook has.
  let table: UnsafePointer<llmp_store_api_t>
  let host: Host

  /// What the store says about a secret.
  public enum Answer: ~Escapable {
    /// The access token; whether it may be used is in its state.
    case found(AccessTokenView)
    /// No such access token.
    case unknown
    /// Not in memory: call `load`, return `.pause` and peek again in `requestEvent`.
    case notLoaded
  }

  /// Looks the secret up in memory; the host hashes it.
  @_lifetime(copy request)
  public func peek<Secret: TextSource & ~Escapable>(
    _ secret: Secret, for request: Request
  ) throws(PluginFailure) -> Answer {
    var raw = llmp_token_t()
    raw.struct_size = UInt32(MemoryLayout<llmp_token_t>.size)
    let handle = request.handle
    let status = secret.withText { table.pointee.token_peek?(host.context, handle, $0, &raw) }
    switch status {
    case LLMP_OK: return .found(AccessTokenView(raw))
    case LLMP_E_NOT_FOUND: return .unknown
    case LLMP_E_WOULD_BLOCK: return .notLoaded
    default: throw PluginFailure.host("store.token_peek", status ?? LLMP_E_UNSUPPORTED)
    }
  }

  /// Fetches it, then has `requestEvent` called with this cookie.
  public func load<Secret: TextSource & ~Escapable>(
    _ secret: Secret, cookie: UInt64, for request: Request
  ) throws(PluginFailure) {
    let handle = request.handle
    let status = secret.withText { table.pointee.token_load?(host.context, handle, $0, cookie) }
    try request.check(status, "store.token_load")
  }

  /// Makes the access token that was peeked last the one the request runs on.
  public func bind(_ request: Request) throws(PluginFailure) {
    try request.check(table.pointee.token_bind?(host.context, request.handle), "store.token_bind")
  }
}

/// An access token as the store lends it. Good inside the hook.
public struct AccessTokenView: ~Escapable {
  /// The struct as the host filled it.
  public let raw: llmp_token_t

  @_lifetime(immortal)
  init(_ raw: llmp_token_t) { self.raw = raw }

  /// `LLMP_TOKEN_ACTIVE`, `LLMP_TOKEN_REVOKED`, …
  public var state: UInt32 { raw.state }
  /// Its id, which is not the secret.
  public var id: Slice {
    @_lifetime(copy self) get { Slice(raw.token_id) }
  }
  /// Who pays.
  public var projectID: Slice {
    @_lifetime(copy self) get { Slice(raw.project_id) }
  }
  /// Policy of the access token, a JSON object or empty.
  public var settings: Slice {
    @_lifetime(copy self) get { Slice(raw.token_json) }
  }
  /// Policy of the project, a JSON object or empty.
  public var projectSettings: Slice {
    @_lifetime(copy self) get { Slice(raw.project_json) }
  }
}

extension Host {
  /// Access tokens and projects; list `llmp.store/1` under `services`.
  public func store() throws(PluginFailure) -> StoreService {
    StoreService(table: try service("llmp.store/1", as: llmp_store_api_t.self), host: self)
  }
}
