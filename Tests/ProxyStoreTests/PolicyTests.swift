import GRDB
import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct PolicyTests {
  private func rules(_ text: String) throws -> PolicyRules { try PolicyRules(stored: text) }

  private static let whole = """
    {"models":["gpt-4o*"],"endpoints":["/v1/chat/completions"],"methods":["POST"],\
    "parameters":{"temperature":{"allow":["0.*","1"]},"max_tokens":{"min":1,"max":4096},\
    "user":{"force":"team <a>"},"logit_bias":{"strip":true}},"origins":["https://app.example.org"],\
    "requests_per_minute":60,"tokens_per_minute":100000,"concurrency":4,\
    "ip_allow":["10.0.0.0/8","2001:db8::/32","192.0.2.7"],"headers":{"team_name":"blue"}}
    """

  @Test func `a policy reads back as it was written`() throws {
    #expect(try rules(Self.whole).text == Self.whole)
    #expect(try rules("{}").isEmpty)
    #expect(try rules(#"{"models":null,"concurrency":null}"#).isEmpty)
  }

  @Test(arguments: [
    (#"{"model":["a"]}"#, "policy.model", true),
    (#"{"parameters":{"n":{"maximum":3}}}"#, "policy.parameters.n.maximum", true),
    (#"[]"#, "policy", false),
    (#"{"models":"gpt-4o"}"#, "policy.models", false),
    (#"{"models":[]}"#, "policy.models", false),
    (#"{"models":["a",3]}"#, "policy.models[1]", false),
    (#"{"models":["a["]}"#, "policy.models[0]", false),
    (#"{"models":["a\\"]}"#, "policy.models[0]", false),
    (#"{"models":[""]}"#, "policy.models[0]", false),
    (#"{"models":["a"],"models":["b"]}"#, "policy.models", false),
    (#"{"endpoints":["v1"]}"#, "policy.endpoints[0]", false),
    (#"{"endpoints":["/v1/*/x"]}"#, "policy.endpoints[0]", false),
    (#"{"endpoints":["/v1/../x"]}"#, "policy.endpoints[0]", false),
    (#"{"endpoints":["/v1?a"]}"#, "policy.endpoints[0]", false),
    (#"{"methods":["post"]}"#, "policy.methods[0]", false),
    (#"{"origins":["*"]}"#, "policy.origins[0]", false),
    (#"{"origins":["https://a.example/"]}"#, "policy.origins[0]", false),
    (#"{"origins":["https://A.example"]}"#, "policy.origins[0]", false),
    (#"{"requests_per_minute":0}"#, "policy.requests_per_minute", false),
    (#"{"requests_per_minute":1.5}"#, "policy.requests_per_minute", false),
    (#"{"tokens_per_minute":"9"}"#, "policy.tokens_per_minute", false),
    (#"{"concurrency":99999999999999999999}"#, "policy.concurrency", false),
    (#"{"ip_allow":["10.0.0.1/8"]}"#, "policy.ip_allow[0]", false),
    (#"{"ip_allow":["10.0.0.0/33"]}"#, "policy.ip_allow[0]", false),
    (#"{"ip_allow":["10.0.0.0/08"]}"#, "policy.ip_allow[0]", false),
    (#"{"ip_allow":["2001:db8::/129"]}"#, "policy.ip_allow[0]", false),
    (#"{"ip_allow":["example.org"]}"#, "policy.ip_allow[0]", false),
    (#"{"headers":{"a b":"c"}}"#, "policy.headers.a b", false),
    (#"{"headers":{"a":1}}"#, "policy.headers.a", false),
    (#"{"headers":{"a":""}}"#, "policy.headers.a", false),
    (#"{"headers":{"team_a":"x","Team-A":"y"}}"#, "policy.headers.Team-A", false),
    (#"{"parameters":{"n":{}}}"#, "policy.parameters.n", false),
    (#"{"parameters":{"n":{"strip":false}}}"#, "policy.parameters.n", false),
    (#"{"parameters":{"n":{"force":1,"allow":["1"]}}}"#, "policy.parameters.n", false),
    (#"{"parameters":{"n":{"min":3,"max":2}}}"#, "policy.parameters.n.min", false),
    (#"{"parameters":{"n":{"max":"4"}}}"#, "policy.parameters.n.max", false),
    (#"{"parameters":{"n":{"allow":["[z"]}}}"#, "policy.parameters.n.allow[0]", false),
    (#"{"parameters":{"":{"strip":true}}}"#, "policy.parameters.", false),
  ])
  func `what is wrong with a policy is named`(_ text: String, _ member: String, _ isUnknown: Bool) {
    let fault = #expect(throws: PolicyFault.self) { try rules(text) }
    #expect(fault?.member == member)
    #expect(fault?.isUnknownMember == isUnknown)
  }

  @Test func `a policy is bounded in every direction`() {
    func many(_ count: Int, _ make: (Int) -> String) -> String {
      (0..<count).map(make).joined(separator: ",")
    }
    for (text, member) in [
      (#"{"models":[\#(many(257) { "\"m\($0)\"" })]}"#, "policy.models"),
      (#"{"models":["\#(String(repeating: "x", count: 257))"]}"#, "policy.models[0]"),
      (#"{"parameters":{\#(many(65) { "\"p\($0)\":{\"strip\":true}" })}}"#, "policy.parameters"),
      (#"{"headers":{\#(many(33) { "\"h\($0)\":\"v\"" })}}"#, "policy.headers"),
      (
        #"{"parameters":{"a":{"force":"\#(String(repeating: "x", count: 4096))"}}}"#,
        "policy.parameters.a.force"
      ),
      (
        #"{"models":[\#(many(250) { "\"m\($0)\(String(repeating: "x", count: 150))\"" })]}"#, "policy"
      ),
    ] {
      let fault = #expect(throws: PolicyFault.self) { try rules(text) }
      #expect(fault?.member == member)
    }
  }

  @Test func `differences name the members`() throws {
    let old = try rules(#"{"models":["a"],"concurrency":3,"methods":["GET"]}"#)
    let new = try rules(#"{"models":["b"],"concurrency":3,"origins":["https://a.example"]}"#)
    #expect(PolicyRules.differences(old, new) == ["models", "origins", "methods"])
    #expect(PolicyRules.differences(nil, old) == ["models", "methods", "concurrency"])
    #expect(PolicyRules.differences(old, nil) == ["models", "methods", "concurrency"])
  }
}

@Suite struct GlobPatternTests {
  @Test(arguments: [
    ("gpt-4o*", "gpt-4o-mini", true), ("gpt-4o*", "gpt-4", false), ("*", "a/b", false), ("a?c", "abc", true),
    ("a?c", "a/c", false), ("[a-c]x", "bx", true), ("[^a-c]x", "bx", false), ("[^a]x", "/x", true),
    ("*-4*", "gpt-4-x", true), ("a*b*c", "aXbYbZc", true), ("a*b", "ab", true), ("a**b", "axb", true),
    (#"\*"#, "*", true), (#"\*"#, "a", false), ("0.*", "0.7", true), ("", "", true), ("", "a", false),
    ("é?", "éx", true), ("org/*", "org/model", true), ("*/*", "org/model", true),
  ])
  func `patterns match as the stages match them`(_ pattern: String, _ text: String, _ isMatch: Bool) throws {
    #expect(try #require(GlobPattern(pattern)).matches(text) == isMatch)
  }

  @Test(arguments: ["[", "[]", "[a", "[a-]", "[-a]", "a\\", "[a-b", "[^]", "[\\"])
  func `malformed patterns are none`(_ pattern: String) { #expect(GlobPattern(pattern) == nil) }

  @Test(arguments: [
    ("gpt-*", "gpt-4o", true), ("gpt-*", "gpt-4*", true), ("gpt-4*", "gpt-*", false), ("*", "org/*", false),
    ("gpt-?", "gpt-4", true), ("gpt-[34]", "gpt-3", true), ("gpt-*", "gpt-[^a]", false), ("*-x", "a-x", true),
    ("*-x", "*-x", true), ("*-x", "a*-x", false),
  ])
  func `a pattern covers what it can be seen to cover`(_ outer: String, _ inner: String, _ covers: Bool)
    throws
  {
    #expect(try #require(GlobPattern(outer)).covers(try #require(GlobPattern(inner))) == covers)
  }
}

@Suite struct PolicyNarrowingTests {
  private func rules(_ text: String) throws -> PolicyRules { try PolicyRules(stored: text) }

  private static let outer = """
    {"models":["gpt-4o*"],"endpoints":["/v1/chat"],"methods":["POST","GET"],"origins":["https://a.example"],\
    "parameters":{"n":{"allow":["1","2"]},"max_tokens":{"max":100},"user":{"force":"x"},"seed":{"strip":true}},\
    "requests_per_minute":10,"tokens_per_minute":100,"concurrency":2,"ip_allow":["10.0.0.0/8"]}
    """

  @Test(arguments: [
    (#"{}"#, nil), (#"{"models":["gpt-4o-mini"]}"#, nil), (#"{"models":["gpt-4*"]}"#, "models"),
    (#"{"endpoints":["/v1/chat/completions"]}"#, nil), (#"{"endpoints":["/v1/chatter"]}"#, "endpoints"),
    (#"{"endpoints":["/v1/*"]}"#, "endpoints"), (#"{"methods":["POST"]}"#, nil),
    (#"{"methods":["DELETE"]}"#, "methods"), (#"{"origins":["https://b.example"]}"#, "origins"),
    (#"{"parameters":{"n":{"allow":["1"]}}}"#, nil),
    (#"{"parameters":{"n":{"allow":["*"]}}}"#, "parameters.n"),
    (#"{"parameters":{"n":{"force":2}}}"#, nil), (#"{"parameters":{"n":{"force":3}}}"#, "parameters.n"),
    (#"{"parameters":{"n":{"strip":true}}}"#, nil),
    (#"{"parameters":{"max_tokens":{"max":50}}}"#, nil),
    (#"{"parameters":{"max_tokens":{"max":101}}}"#, "parameters.max_tokens"),
    (#"{"parameters":{"user":{"force":"y"}}}"#, "parameters.user"),
    (#"{"parameters":{"seed":{"force":1}}}"#, "parameters.seed"),
    (#"{"parameters":{"other":{"allow":["*"]}}}"#, nil),
    (#"{"requests_per_minute":11}"#, "requests_per_minute"), (#"{"requests_per_minute":10}"#, nil),
    (#"{"tokens_per_minute":101}"#, "tokens_per_minute"), (#"{"concurrency":3}"#, "concurrency"),
    (#"{"ip_allow":["10.1.0.0/16","10.2.3.4"]}"#, nil), (#"{"ip_allow":["11.0.0.0/8"]}"#, "ip_allow"),
    (#"{"ip_allow":["0.0.0.0/0"]}"#, "ip_allow"), (#"{"ip_allow":["::ffff:10.0.0.1"]}"#, nil),
    (#"{"headers":{"a":"b"}}"#, nil),
  ])
  func `a wider member is named`(_ inner: String, _ member: String?) throws {
    #expect(try rules(inner).memberWider(than: rules(Self.outer)) == member)
  }

  @Test func `what is left of two policies is narrower than both`() throws {
    let inner = try rules(
      """
      {"models":["gpt-4o-mini","o3"],"parameters":{"n":{"allow":["2","3"]},"max_tokens":{"max":50,"min":2},\
      "user":{"force":"y"}},"requests_per_minute":20,"concurrency":1,"ip_allow":["0.0.0.0/0"],"headers":{"a":"b"}}
      """)
    let left = try rules(Self.outer).narrowed(by: inner)
    #expect(
      left.text == """
        {"models":["gpt-4o-mini"],"endpoints":["/v1/chat"],"methods":["POST","GET"],\
        "parameters":{"n":{"allow":["2"]},"max_tokens":{"min":2,"max":50},"user":{"force":"x"},\
        "seed":{"strip":true}},"origins":["https://a.example"],"requests_per_minute":10,"tokens_per_minute":100,\
        "concurrency":1,"ip_allow":["10.0.0.0/8"],"headers":{"a":"b"}}
        """)
  }
}

@Suite struct PolicyInForceTests {
  private func chain(_ token: AccessToken) -> PolicyChain {
    var chain = PolicyChain()
    token.collectPolicies(into: &chain)
    return chain
  }

  @Test func `a policy is in force when its change returns, in every process, and equal ones are one`()
    async throws
  {
    let folder = try TemporaryFolder()
    let (here, there) = (try folder.open(), try folder.open { $0.tickInterval = .seconds(3600) })
    let project = try await here.makeProject()
    let (first, second) = (try await here.makeToken(project.id), try await here.makeToken(project.id))
    let token = try #require(here.accessToken(first.secret))
    #expect(await there.catchUp())
    let twin = try #require(there.accessToken(first.secret))
    #expect(chain(token).isEmpty && chain(twin).isEmpty)

    let rules = try PolicyRules(stored: #"{"models":["a"],"requests_per_minute":3}"#)
    for issued in [first, second] {
      var change = TokenChange()
      change.policy = .set(rules)
      let record = try await here.updateToken(.id(issued.record.id), change)
      #expect(record.policy == rules.document)
    }
    let own = try #require(chain(token).links.first)
    #expect(own.policy.members == [.models, .requestsPerMinute] && own.policy.requestsPerMinute == 3)
    let other = try #require(here.accessToken(second.secret))
    #expect(chain(other).links.first?.policy === own.policy)
    #expect(here.directory.catalog.count == 1)
    #expect(await there.catchUp())
    #expect(chain(twin).members == [.models, .requestsPerMinute])

    var change = ProjectChange()
    change.policy = .set(try PolicyRules(stored: #"{"models":["b"],"concurrency":2}"#))
    change.metadata = .set(try PolicyRules(storedMetadata: #"{"team":"blue"}"#))
    let changed = try await here.updateProject(id: project.id, change)
    #expect(changed.metadata == ["team": "blue"])
    let links = chain(token).links
    #expect(
      links.map(\.policy.members) == [[.models, .concurrency], .headers, [.models, .requestsPerMinute]])
    #expect(chain(token).effective?.headers.map(\.name) == ["team"])
    #expect(await there.catchUp())
    #expect(chain(twin).links.count == 3)

    change = ProjectChange()
    change.policy = .clear
    change.metadata = .clear
    _ = try await here.updateProject(id: project.id, change)
    var clearing = TokenChange()
    clearing.policy = .clear
    _ = try await here.updateToken(.id(first.record.id), clearing)
    #expect(chain(token).isEmpty)
    #expect(await there.catchUp())
    #expect(chain(twin).isEmpty)
    await here.close()
    await there.close()
  }

  @Test func `policies are there after opening again, and what is none lets nothing pass`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    var creation = ProjectCreation(name: "p", providerKey: Secret("sk-upstream-key-0123456789abcdef"))
    creation.policy = try PolicyRules(stored: #"{"concurrency":2}"#)
    let project = try await store.createProject(creation)
    var wanted = TokenCreation(projectID: project.id, expiresAt: nil)
    wanted.metadata = try PolicyRules(storedMetadata: #"{"team":"blue"}"#)
    let issued = try await store.createToken(wanted)
    await store.close()

    let again = try folder.open()
    let token = try #require(again.accessToken(issued.secret))
    #expect(chain(token).members == [.concurrency, .headers])
    try await folder.stranger().write { db in
      try db.execute(sql: "UPDATE tokens SET policy = '{\"of_the_future\":1}'")
    }
    #expect(await again.catchUp())
    #expect(chain(token).members.contains(.unreadable))
    #expect(chain(token).effective == nil)
    #expect(try await again.token(.id(issued.record.id)).policy == ["of_the_future": .number("1")])
    await again.close()
  }
}
