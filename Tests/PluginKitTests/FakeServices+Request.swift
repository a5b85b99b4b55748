import CLLMProxyPlugin

extension FakeServices {
  /// Members of a body are looked up in a dictionary that the test wrote: `body["/name"]`.
  static func jsonTable() -> llmp_json_api_t {
    var table = llmp_json_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_json_api_t>.size)
    table.get = { _, request, _, pointer, raw in
      guard let exchange = FakeExchange.of(request), let text = exchange.members[pointer.text]?.first
      else { return LLMP_E_NOT_FOUND }
      raw?.pointee = exchange.lend(Array(text.utf8))
      return LLMP_OK
    }
    table.set = { _, request, _, pointer, raw in
      FakeExchange.of(request)?.members[pointer.text] = raw.len == 0 ? nil : [raw.text]
      return LLMP_OK
    }
    table.member = { _, request, _, name, nth, raw in
      guard let exchange = FakeExchange.of(request) else { return LLMP_E_STATE }
      if exchange.members.isEmpty { return LLMP_E_INVALID }
      guard let texts = exchange.members["/\(name.text)"], texts.indices.contains(nth) else {
        return LLMP_E_NOT_FOUND
      }
      raw?.pointee = exchange.lend(Array(texts[nth].utf8))
      return LLMP_OK
    }
    return table
  }

  /// Knows `sk-good` at once and `sk-slow` after it was loaded.
  static func storeTable() -> llmp_store_api_t {
    var table = llmp_store_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_store_api_t>.size)
    table.token_peek = { _, request, secret, token in
      guard let exchange = FakeExchange.of(request), let token else { return LLMP_E_STATE }
      switch secret.text {
      case "sk-slow" where exchange.resumed.isEmpty: return LLMP_E_WOULD_BLOCK
      case "sk-good", "sk-slow":
        token.pointee.state = LLMP_TOKEN_ACTIVE
        token.pointee.token_id = exchange.lend(Array("t1".utf8))
        token.pointee.project_id = exchange.lend(Array("p1".utf8))
        return LLMP_OK
      default: return LLMP_E_NOT_FOUND
      }
    }
    table.token_load = { _, request, _, cookie in
      FakeExchange.of(request)?.resumed.append(cookie)
      return LLMP_OK
    }
    table.token_bind = { _, request in
      FakeExchange.of(request)?.texts[LLMP_META_PROJECT_ID] = Array("p1".utf8)
      return LLMP_OK
    }
    table.policy_members = { _, request in
      FakeExchange.of(request)?.policies.reduce(0) { $0 | $1.members } ?? 0
    }
    table.policy_at = { _, request, index, policy in
      guard let exchange = FakeExchange.of(request), let policy else { return LLMP_E_STATE }
      guard exchange.policies.indices.contains(index) else { return LLMP_E_NOT_FOUND }
      var filled = exchange.policies[index]
      filled.owner_id = exchange.lend(Array((filled.owner == LLMP_POLICY_OF_PROJECT ? "p1" : "t1").utf8))
      policy.pointee = filled
      return LLMP_OK
    }
    table.policy_applied = { _, request, members in
      FakeExchange.of(request)?.appliedPolicies |= members
      return LLMP_OK
    }
    return table
  }

  /// Fires once, before `start` returns its id, and never again. Real hosts queue (R10).
  static func timerTable() -> llmp_timer_api_t {
    var table = llmp_timer_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_timer_api_t>.size)
    table.start = { _, request, _, _, fire, body, free, id in
      fire?(body, request)
      free?(body)
      id?.pointee = 5
      return LLMP_OK
    }
    table.cancel = { _, _ in }
    return table
  }

  static func commandsTable() -> llmp_commands_api_t {
    var table = llmp_commands_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_commands_api_t>.size)
    table.offer = { context, name, run in
      guard let host = FakeHost.of(context), let run else { return LLMP_E_INVALID }
      host.commands.withLock { $0[name.text] = run }
      return LLMP_OK
    }
    return table
  }
}
