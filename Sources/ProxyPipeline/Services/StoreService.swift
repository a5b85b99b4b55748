import CLLMProxyPlugin
import ProxyCore
import ProxyStore

/// `llmp.store/1`: access tokens, answered from memory.
enum StoreService {
  nonisolated(unsafe) static let table: UnsafePointer<llmp_store_api_t> = {
    var table = llmp_store_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_store_api_t>.size)
    table.token_peek = { _, handle, secret, out in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let out, out.pointee.struct_size >= 8 else { return LLMP_E_INVALID }
        return StoreService.peek(exchange, Slice(secret), out)
      }
    }
    table.token_load = { _, handle, secret, cookie in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        let reference = exchange.makeReference()
        let owner = exchange.caller.map { UInt(bitPattern: Unmanaged.passUnretained($0).toOpaque()) }
        let now = Clocks.unixMilliseconds()
        exchange.loop.state.directory.load(presented: Slice(secret).bytes, nowMilliseconds: now) { outcome in
          var isDown = false
          if case .unavailable = outcome { isDown = true }
          reference.run { [isDown] exchange in
            exchange.isStoreDown = isDown
            exchange.resume(cookie: cookie, of: owner.flatMap { UnsafeRawPointer(bitPattern: $0) })
          }
        }
        return LLMP_OK
      }
    }
    table.token_bind = { context, handle in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard exchange.mayWrite(LLMP_META_PROJECT_ID) else { return LLMP_E_DENIED }
        guard let token = exchange.peeked else { return LLMP_E_STATE }
        exchange.bind(token)
        return LLMP_OK
      }
    }
    addPolicies(to: &table)
    return ServiceTables.lasting(table)
  }()

  private static func peek(
    _ exchange: Exchange, _ secret: Slice, _ out: UnsafeMutablePointer<llmp_token_t>
  ) -> llmp_status_t {
    exchange.peeked = nil
    exchange.peekedID = Slice()
    exchange.peekedProject = Slice()
    if exchange.isStoreDown { return LLMP_E_IO }
    let now = Clocks.unixMilliseconds()
    switch exchange.loop.state.directory.lookUp(presented: secret.bytes, nowMilliseconds: now) {
    case .unknown: return LLMP_E_NOT_FOUND
    case .unseen: return LLMP_E_WOULD_BLOCK
    case .known(let token):
      let state = token.state(nowMilliseconds: now)
      // Another process may have used it a moment ago: its row decides.
      if state.mayBeOutdated, token.lookMoment(nowMilliseconds: now) != nil { return LLMP_E_WOULD_BLOCK }
      exchange.peeked = token
      token.collectPolicies(into: &exchange.policies)
      fill(out, token, state, exchange)
      return LLMP_OK
    }
  }

  private static func fill(
    _ out: UnsafeMutablePointer<llmp_token_t>, _ token: AccessToken, _ state: TokenState, _ exchange: Exchange
  ) {
    var value = llmp_token_t()
    value.struct_size = out.pointee.struct_size
    switch state {
    case .active: value.state = LLMP_TOKEN_ACTIVE
    case .revoked: value.state = LLMP_TOKEN_REVOKED
    case .expired: value.state = LLMP_TOKEN_EXPIRED
    case .usedUp: value.state = LLMP_TOKEN_USED_UP
    case .projectInactive: value.state = LLMP_TOKEN_PROJECT_INACTIVE
    case .idleExpired: value.state = LLMP_TOKEN_IDLE_EXPIRED
    case .parentInactive: value.state = LLMP_TOKEN_PARENT_INACTIVE
    }
    let size = Int(out.pointee.struct_size)
    if size >= MemoryLayout<llmp_token_t>.size {
      exchange.peekedID = token.withIDBytes { exchange.arena.copy($0) }
      exchange.peekedProject = exchange.copyToArena(token.project.id)
      value.token_id = exchange.peekedID.text
      value.project_id = exchange.peekedProject.text
      value.expires_unix_ms = token.expiresMilliseconds ?? 0
      value.max_requests = token.maxRequests ?? 0
      for link in exchange.policies.links where !link.isMetadata {
        switch link.owner {
        case .project: value.project_json = Slice(link.policy.text).text
        case .token(let owner) where owner === token: value.token_json = Slice(link.policy.text).text
        case .token: break
        }
      }
      out.pointee = value
    } else {
      // A plugin built with a shorter header gets no further than it knows (R1): the state.
      out.pointee.state = value.state
    }
  }
}

extension Exchange {
  /// Makes `token` the one this exchange runs on.
  func bind(_ token: AccessToken) {
    self.token = token
    // Copied already, unless the plugin asked for no more than the state.
    let id = peekedID.isEmpty ? token.withIDBytes { arena.copy($0) } : peekedID
    metadata.set(LLMP_META_TOKEN_ID, .text(id))
    metadata.set(
      LLMP_META_PROJECT_ID, .text(peekedProject.isEmpty ? copyToArena(token.project.id) : peekedProject))
  }

  func copyToArena(_ text: String) -> Slice {
    var text = text
    return text.withUTF8 { arena.copy(UnsafeRawBufferPointer($0)) }
  }
}
