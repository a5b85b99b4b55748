import CLLMProxyPlugin
import Testing

@Suite struct RateLimitTests {
  private func stage(_ config: String, name: String = "limits", host: FakeHost = FakeHost()) throws
    -> FakeStage
  {
    try FakeStage(PluginImage("rate-limit").module, config: config, name: name, host: host)
  }

  private func exchange(
    _ host: FakeHost, token: String = "t1", project: String = "p1", address: String = "192.0.2.7"
  ) -> FakeExchange {
    let exchange = FakeExchange(host)
    exchange.texts[LLMP_META_TOKEN_ID] = Array(token.utf8)
    exchange.texts[LLMP_META_PROJECT_ID] = Array(project.utf8)
    exchange.attributes[LLMP_ATTR_CLIENT_ADDR] = Array(address.utf8)
    return exchange
  }

  @Test func withoutLimitsNothingIsTaken() throws {
    let stage = try stage("{}")
    #expect(try stage.requestHeaders(exchange(stage.host)) == LLMP_DETACH)
    #expect(stage.host.limits.withLock { $0 }.isEmpty)
  }

  @Test func allLimitsOfARequestAreTakenTogether() throws {
    let stage = try stage(
      #"""
      {"requests_per_minute":10,"project_requests_per_minute":"20","global_requests_per_minute":30,
      "ip_requests_per_minute":40,"concurrent_requests":50,"project_concurrent_requests":60,
      "token_concurrent_requests":70,"burst":5}
      """#)
    let exchange = exchange(stage.host)
    #expect(try stage.requestHeaders(exchange) == LLMP_DETACH)
    #expect(
      exchange.heldLimits == [
        "limits/token:t1:rpm=10/60000/1/5", "limits/project:p1:rpm=20/60000/1/5",
        "limits/ip:c0000207:rpm=40/60000/1/5", "limits/all::rpm=30/60000/1/5",
        "limits/token:t1:now=70/0/3/0", "limits/project:p1:now=60/0/3/0", "limits/all::now=50/0/3/0",
      ])
  }

  @Test func aFixedWindowIsAskedForByName() throws {
    let stage = try stage(#"{"requests_per_minute":10,"algorithm":"fixed-window"}"#)
    let exchange = exchange(stage.host)
    #expect(try stage.requestHeaders(exchange) == LLMP_DETACH)
    #expect(exchange.heldLimits == ["limits/token:t1:rpm=10/60000/2/0"])
  }

  @Test func aRefusalSaysWhenToComeBack() throws {
    let stage = try stage(#"{"requests_per_minute":2}"#)
    for _ in 0..<2 { #expect(try stage.requestHeaders(exchange(stage.host)) == LLMP_DETACH) }
    let third = exchange(stage.host)
    #expect(try stage.requestHeaders(third) == LLMP_RESPOND)
    #expect(
      third.reply
        == FakeExchange.Reply(
          status: 429, code: "rate_limit_exceeded", type: "rate_limit_error",
          message: "Rate limit exceeded\nThe limit for this access token is 2 requests a minute."))
    #expect(third.responseHeader("retry-after-ms") == ["1500"])
    #expect(third.responseHeader("retry-after") == ["2"])
    #expect(third.responseHeader("x-ratelimit-limit-requests") == ["2"])
    #expect(third.responseHeader("x-ratelimit-remaining-requests") == ["0"])
    #expect(try stage.requestHeaders(exchange(stage.host, token: "t2")) == LLMP_DETACH)
  }

  @Test(arguments: [
    (UInt64(0), "1", "1"), (999, "999", "1"), (59_001, "59001", "60"), (3_600_000, "60000", "60"),
  ])
  func theTimeToComeBackIsWithinAMinute(_ wait: UInt64, _ milliseconds: String, _ seconds: String) throws {
    let stage = try stage(#"{"global_requests_per_minute":1}"#)
    stage.host.retryAfterMilliseconds = wait
    _ = try stage.requestHeaders(exchange(stage.host))
    let second = exchange(stage.host, token: "t2", project: "p2")
    #expect(try stage.requestHeaders(second) == LLMP_RESPOND)
    #expect(second.responseHeader("retry-after-ms") == [milliseconds])
    #expect(second.responseHeader("retry-after") == [seconds])
  }

  @Test(arguments: [
    ("token_concurrent_requests", UInt32(429), "rate_limit_error"),
    ("project_concurrent_requests", 429, "rate_limit_error"),
    ("concurrent_requests", 503, "server_error"),
  ])
  func tooManyAtATimeIsSaidSo(_ key: String, _ status: UInt32, _ type: String) throws {
    let stage = try stage("{\"\(key)\":1}")
    _ = try stage.requestHeaders(exchange(stage.host))
    let second = exchange(stage.host)
    #expect(try stage.requestHeaders(second) == LLMP_RESPOND)
    #expect(second.reply?.status == status)
    #expect(second.reply?.type == type)
    #expect(second.reply?.code == "too_many_concurrent_requests")
    #expect(second.responseHeader("retry-after-ms") == ["1000"])
    #expect(second.responseHeader("x-ratelimit-limit-requests") == [])
  }

  @Test func aRequestRefusedLaterGetsItsPlaceBack() throws {
    let stage = try stage(
      #"{"requests_per_minute":9,"concurrent_requests":9,"global_requests_per_minute":9}"#)
    let refused = exchange(stage.host)
    _ = try stage.requestHeaders(refused)
    refused.facts.http_status = 400
    refused.facts.flags = LLMP_EXCHANGE_GATEWAY_REPLY
    stage.requestDone(refused)
    // The third limit is the concurrency, which the host gives back itself.
    #expect(
      stage.host.settled.withLock { $0 } == [
        FakeHost.Settlement(lease: 77, index: 0, cost: 0), FakeHost.Settlement(lease: 77, index: 1, cost: 0),
      ])
  }

  @Test(arguments: [
    (UInt32(200), UInt32(1), UInt32(0)),  // served
    (400, 1, 0),  // the provider refused
    (502, 1, LLMP_EXCHANGE_GATEWAY_REPLY),  // the provider failed
    (200, 0, LLMP_EXCHANGE_GATEWAY_REPLY),  // answered by a cache
    (0, 0, LLMP_EXCHANGE_CLIENT_GONE),  // the client left
  ])
  func everythingElseCounts(_ status: UInt32, _ attempts: UInt32, _ flags: UInt32) throws {
    let stage = try stage(#"{"requests_per_minute":9}"#)
    let exchange = exchange(stage.host)
    _ = try stage.requestHeaders(exchange)
    exchange.facts.http_status = status
    exchange.facts.attempts = attempts
    exchange.facts.flags = flags
    stage.requestDone(exchange)
    #expect(stage.host.settled.withLock { $0 }.isEmpty)
  }

  @Test func aRefusedRequestHasNothingToGiveBack() throws {
    let stage = try stage(#"{"requests_per_minute":1}"#)
    _ = try stage.requestHeaders(exchange(stage.host))
    let second = exchange(stage.host)
    #expect(try stage.requestHeaders(second) == LLMP_RESPOND)
    second.facts.http_status = 429
    second.facts.flags = LLMP_EXCHANGE_GATEWAY_REPLY
    stage.requestDone(second)
    #expect(stage.host.settled.withLock { $0 }.isEmpty)
  }

  @Test(arguments: [
    ("2001:db8:1:2:3:4:5:6", "20010db800010002"), ("2001:db8:1:2::9", "20010db800010002"),
    ("::ffff:192.0.2.7", "c0000207"), ("192.0.2.7", "c0000207"), ("", ""),
    ("a text that is no address", "a text that is n"),
  ])
  func aNetworkCountsAsOneClient(_ address: String, _ identity: String) throws {
    let stage = try stage(#"{"ip_requests_per_minute":9}"#)
    let exchange = exchange(stage.host, address: address)
    _ = try stage.requestHeaders(exchange)
    #expect(exchange.heldLimits == ["limits/ip:\(identity):rpm=9/60000/1/0"])
  }

  @Test func hostileIdentitiesDoNotCollideOrOverflow() throws {
    let stage = try stage(#"{"requests_per_minute":1,"project_requests_per_minute":1000000}"#)
    let long = String(repeating: "x", count: 5000)
    #expect(try stage.requestHeaders(exchange(stage.host, token: long)) == LLMP_DETACH)
    #expect(try stage.requestHeaders(exchange(stage.host, token: long + "y")) == LLMP_DETACH)
    #expect(try stage.requestHeaders(exchange(stage.host, token: long)) == LLMP_RESPOND)
    let nobody = FakeExchange(stage.host)
    #expect(try stage.requestHeaders(nobody) == LLMP_DETACH)
    #expect(try stage.requestHeaders(FakeExchange(stage.host)) == LLMP_RESPOND)
  }

  @Test func twoStagesCountApart() throws {
    let host = FakeHost()
    let first = try stage(#"{"requests_per_minute":1}"#, name: "a", host: host)
    let second = try stage(#"{"requests_per_minute":1}"#, name: "b", host: host)
    #expect(try first.requestHeaders(exchange(host)) == LLMP_DETACH)
    #expect(try second.requestHeaders(exchange(host)) == LLMP_DETACH)
  }

  @Test(arguments: [
    (#"{"request_per_minute":1}"#, "request_per_minute: unknown setting"),
    (#"{"requests_per_minute":-1}"#, "requests_per_minute: must be a whole number from 0"),
    (#"{"requests_per_minute":"many"}"#, "requests_per_minute"),
    (#"{"requests_per_minute":1.5}"#, "requests_per_minute"),
    (#"{"algorithm":"leaky"}"#, "use token-bucket or fixed-window"),
    (#"{"algorithm":"fixed-window","burst":3}"#, "burst: has no meaning"),
  ])
  func wrongSettingsAreRefusedByName(_ config: String, _ message: String) {
    let refusal = #expect(throws: FakeStage.Refusal.self) { try stage(config) }
    #expect(refusal?.message.contains(message) == true, "\(refusal?.message ?? "")")
  }

  private func policy(
    _ owner: UInt32, requests: Int64 = 0, tokens: Int64 = 0, concurrency: Int64 = 0
  ) -> llmp_policy_t {
    var policy = llmp_policy_t()
    policy.owner = owner
    policy.members =
      (requests > 0 ? LLMP_POLICY_REQUESTS : 0) | (tokens > 0 ? LLMP_POLICY_TOKENS : 0)
      | (concurrency > 0 ? LLMP_POLICY_CONCURRENCY : 0)
    policy.requests_per_minute = requests
    policy.tokens_per_minute = tokens
    policy.concurrency = concurrency
    return policy
  }

  @Test func limitsOfPoliciesAreTakenWithTheOthers() throws {
    let stage = try stage(#"{"requests_per_minute":9}"#)
    let exchange = exchange(stage.host)
    exchange.policies = [
      policy(LLMP_POLICY_OF_PROJECT, requests: 5, concurrency: 6), policy(LLMP_POLICY_OF_TOKEN, requests: 2),
    ]
    #expect(try stage.requestHeaders(exchange) == LLMP_DETACH)
    #expect(
      exchange.heldLimits == [
        "limits/token:t1:rpm=9/60000/1/0", "limits/policy/project:p1:rpm=5/60000/1/0",
        "limits/policy/project:p1:now=6/0/3/0", "limits/policy/token:t1:rpm=2/60000/1/0",
      ])
    #expect(
      exchange.appliedPolicies == LLMP_POLICY_REQUESTS | LLMP_POLICY_TOKENS | LLMP_POLICY_CONCURRENCY)
  }

  @Test func tokensAreReservedWithTheBodyAndSettledAtTheEnd() throws {
    let stage = try stage("{}")
    let one = exchange(stage.host)
    one.headers[LLMP_MAP_REQUEST] = [("content-type", Array("application/json".utf8))]
    one.bodies[LLMP_MAP_REQUEST] = Array(repeating: 0x20, count: 40)
    one.members = ["/max_tokens": ["30"], "/n": ["2"]]
    one.policies = [policy(LLMP_POLICY_OF_TOKEN, tokens: 100)]
    #expect(try stage.requestHeaders(one) == LLMP_CONTINUE)
    #expect(stage.host.limits.withLock { $0 }.isEmpty)
    #expect(try stage.requestBody(one) == LLMP_DETACH)
    #expect(stage.host.limits.withLock { $0.values.first } == 70)

    let second = exchange(stage.host)
    second.headers = one.headers
    second.bodies = one.bodies
    second.members = one.members
    second.policies = one.policies
    #expect(try stage.requestHeaders(second) == LLMP_CONTINUE)
    #expect(try stage.requestBody(second) == LLMP_RESPOND)
    #expect(second.reply?.code == "token_rate_limit_exceeded")
    #expect(second.responseHeader("x-ratelimit-limit-tokens") == ["100"])

    var usage = llmp_usage_t()
    usage.total_tokens = 12
    one.usage = usage
    one.facts.http_status = 200
    one.facts.attempts = 1
    stage.requestDone(one)
    #expect(
      stage.host.settled.withLock { $0 } == [FakeHost.Settlement(lease: 77, index: 0, cost: 12)])
  }

  @Test func itSaysWhatItNeeds() throws {
    let stage = try stage("{}")
    let consumed = (0..<stage.component.pointee.n_consumes).compactMap {
      stage.component.pointee.consumes?[$0].text
    }
    #expect(consumed == ["llmp.project_id", "llmp.token_id"])
    let host = FakeHost()
    host.grants = []
    let refusal = #expect(throws: FakeStage.Refusal.self) { try self.stage("{}", host: host) }
    #expect(refusal?.message.hasPrefix("service llmp.limits/1 is not there") == true)
  }
}
