import ArgumentParser
import ProxyClient
import Testing

@testable import llm_proxy

@Suite("Arguments")
struct ArgumentTests {
  @Test(
    "a lifetime without a unit is hours",
    arguments: [
      ("24", 86_400), ("1", 3_600), ("90m", 5_400), ("24h", 86_400), ("7d", 604_800), ("1h30m", 5_400),
      ("2w", 1_209_600),
      ("1.5h", 5_400), ("60s", 60),
    ] as [(String, Int64)])
  func lifetimes(text: String, seconds: Int64) {
    #expect(LifetimeArgument(argument: text)?.seconds == seconds)
  }

  @Test("never is a lifetime without end")
  func never() throws {
    #expect(try #require(LifetimeArgument(argument: "never")).seconds == nil)
    #expect(try #require(LifetimeArgument(argument: "Never")).seconds == nil)
  }

  @Test(
    "what is no lifetime is refused",
    arguments: ["", "0", "-1", "24 h", "h", "24x", "1e3", "0m", "99999999999999999999", "tomorrow", "٣"])
  func noLifetimes(text: String) {
    #expect(LifetimeArgument(argument: text) == nil)
  }

  @Test("other spans need a unit, and may be taken away where that makes sense")
  func spans() {
    #expect(SpanArgument(argument: "30") == nil)
    #expect(SpanArgument(argument: "30s")?.seconds == 30)
    #expect(OptionalSpanArgument(argument: "none").map { $0.json } == .null)
    #expect(OptionalSpanArgument(argument: "0").map { $0.json } == .null)
    #expect(OptionalSpanArgument(argument: "30m")?.json.integerValue == 1_800)
    #expect(OptionalSpanArgument(argument: "30") == nil)
  }

  @Test("a moment is a time, a date, or so long ago")
  func moments() {
    #expect(MomentArgument(argument: "2030-01-31T12:00:00Z")?.text == "2030-01-31T12:00:00Z")
    #expect(MomentArgument(argument: "2030-01-31")?.text == "2030-01-31T00:00:00Z")
    #expect(MomentArgument(argument: "7d") != nil)
    #expect(MomentArgument(argument: "soon") == nil)
  }

  @Test("a secret loses the space around it, and an empty one is refused")
  func secrets() throws {
    #expect(try SecretArgument(argument: " sk-1\n")?.secret().revealText() == "sk-1")
    #expect(SecretArgument(argument: "") == nil)
    #expect(throws: CommandFailure.self) { try SecretArgument(argument: "  ")?.secret() }
    #expect(throws: CommandFailure.self) { try SecretArgument(argument: "@/nonexistent")?.secret() }
  }

  @Test("a policy is a JSON object or none")
  func objects() throws {
    #expect(try ObjectArgument(argument: "none")?.document("--policy") == .null)
    #expect(
      try ObjectArgument(argument: "{\"models\":[\"gpt-4o\"]}")?.document("--policy").value(at: "models") == [
        "gpt-4o"
      ])
    for text in ["[]", "1", "{", "", "models=gpt"] {
      let failure = #expect(throws: CommandFailure.self) {
        try ObjectArgument(argument: text)?.document("--policy")
      }
      #expect(failure?.status == .usage)
      #expect(failure?.description.contains("--policy") == true)
    }
  }

  @Test("the flag for the server may stand before the names of commands")
  func order() {
    let normal = ["manage", "project", "list", "--manage-api-base-url", "http://a:1"]
    #expect(
      CommandLineOrder.normalised(["--manage-api-base-url", "http://a:1", "manage", "project", "list"])
        == normal)
    #expect(
      CommandLineOrder.normalised(["manage", "--manage-api-base-url", "http://a:1", "project", "list"])
        == normal)
    #expect(
      CommandLineOrder.normalised(["manage", "--manage-api-base-url=http://a:1", "project", "list"])
        == ["manage", "project", "list", "--manage-api-base-url=http://a:1"])
    #expect(
      CommandLineOrder.normalised(["x", "--", "--manage-api-base-url", "y"]) == [
        "x", "--", "--manage-api-base-url", "y",
      ])
    #expect(CommandLineOrder.normalised(["x", "--manage-api-base-url"]) == ["x", "--manage-api-base-url"])
  }

  @Test(
    "the flags of the Go program are taken",
    arguments: [
      "server -d --env .env --addr :1 --db x.db --log-level info --pid-file p -v --log-file l -c c.yaml",
      "setup --config .env --openai-key k --management-token m --db d --addr a --interactive --project p --duration 24 --skip-project",
      "manage project list --json --management-token m --manage-api-base-url http://a",
      "manage project get id --json --management-token m",
      "manage project create --name n --openai-key k --json --management-token m",
      "manage project update id --name n --openai-key k --json --management-token m",
      "manage project delete id --management-token m",
      "manage token generate --project-id p --duration 1440 --json --management-token m",
      "manage cache purge --method GET --url /v1/models --prefix p --api-base-url http://a --management-token m --json",
      "openai chat --proxy http://a --token t --model m --temperature 0.7 --max-tokens 0 --system s -v --stream",
      "benchmark --base-url http://a --endpoint /v1/models --token t --token-env E -r 1 -c 1 --json --debug --cache --cache-ttl 1 --method POST",
    ])
  func goFlags(line: String) throws {
    _ = try LLMProxy.parseAsRoot(CommandLineOrder.normalised(line.split(separator: " ").map(String.init)))
  }

  @Test(
    "addresses of servers",
    arguments: [
      ("http://localhost:8080", "http://localhost:8080", "localhost"),
      ("HTTPS://Proxy.example.org/base/", "https://Proxy.example.org/base", "Proxy.example.org"),
      ("http://[::1]:8080/", "http://[::1]:8080", "::1"),
    ])
  func addresses(text: String, url: String, host: String) throws {
    let server = try #require(BaseURL(text))
    #expect(server.description == url)
    #expect(server.host == host)
  }

  @Test(
    "what is no address of a server is refused",
    arguments: [
      "", "localhost:8080", "ftp://a", "http://", "http://user:secret@a", "http://a?b", "http://a#b",
      "http://a b",
      "http://a:0", "http://a:99999", "http://a:x", "http://[::1", "http://:80", "http://a\\b",
    ])
  func noAddresses(text: String) {
    #expect(BaseURL(text) == nil)
  }

  @Test("segments of a path are encoded")
  func encoding() {
    #expect(BaseURL.encoded("a/b?c d%é~") == "a%2Fb%3Fc%20d%25%C3%A9~")
  }

  @Test("each status has its code, and the codes differ")
  func exitCodes() {
    let expected: [Int: CommandStatus] = [
      400: .refused, 401: .denied, 403: .denied, 404: .notFound, 405: .refused, 409: .conflict,
      412: .conflict,
      413: .refused, 422: .refused, 429: .busy, 500: .failure, 502: .failure, 503: .busy, 301: .failure,
    ]
    for (status, code) in expected { #expect(CommandStatus(httpStatus: status) == code) }
    #expect(Set(CommandStatus.allCases.map(\.rawValue)).count == CommandStatus.allCases.count)
  }
}
