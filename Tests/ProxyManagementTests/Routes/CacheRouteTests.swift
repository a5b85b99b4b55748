import ProxyConfig
import ProxyPipeline
import Synchronization
import Testing

@testable import ProxyManagement

@Suite struct CacheRouteTests {
  /// A server with two stages that keep answers.
  private final class CachingServer: LiveServer {
    var serving: ServingGeneration? { nil }
    let configuration: Configuration
    let journal = ExchangeJournal()
    let servingSince: Int64 = 0
    let orders = Mutex<[String]>([])
    let failure: CommandFailure?

    init(_ failure: CommandFailure? = nil) throws {
      self.failure = failure
      configuration = try Configuration.load(
        flags: ServerFlags(), environment: Environment(["MANAGEMENT_TOKEN": TestPlane.token]))
    }

    func traffic() async -> TrafficFigures { TrafficFigures() }
    func probe(_ probe: ProviderProbe) async -> ProviderProbe.Result {
      .init(status: 0, milliseconds: 0, body: [])
    }
    func offers(_ command: String) -> Bool { command == "cache.purge" }
    func run(_ command: String, json: String) async throws -> [String] {
      orders.withLock { $0.append(json) }
      if let failure { throw failure }
      return [#"{"deleted":2}"#, #"{"deleted":1}"#]
    }
  }

  @Test func everyStageIsAskedAndTheAnswersAddUp() async throws {
    let server = try CachingServer()
    try await TestPlane.run(server: server) { plane in
      let exact = await plane.send(
        "POST", "/manage/cache/purge", ["method": "get", "url": "https://h:1/v1/models?b=1#f"])
      #expect(exact.status == 200 && exact.text == "{\"deleted\":true}\n")
      let prefix = await plane.send(
        "POST", "/manage/cache/purge", ["method": "GET", "url": "/", "prefix": "/v1"])
      #expect(prefix.status == 200 && prefix.text == "{\"deleted\":3}\n")
      #expect(
        server.orders.withLock { $0 } == [
          #"{"method":"GET","path":"/v1/models","query":"b=1"}"#, #"{"prefix":"/v1"}"#,
        ])
      let events = try await plane.events("action=cache.purge")
      #expect(events.count == 2)
    }
  }

  @Test(arguments: [
    ("{", "invalid JSON"), ("", "invalid JSON"), ("{}", "method and url are required"),
    (#"{"method":"GET","url":"http://[::1"}"#, "invalid URL"),
  ])
  func badOrdersReachNoStage(_ body: String, _ message: String) async throws {
    let server = try CachingServer()
    try await TestPlane.run(server: server) { plane in
      let answer = await plane.send("POST", "/manage/cache/purge", text: body)
      #expect(answer.status == 400 && answer.error == message)
      #expect(server.orders.withLock { $0.isEmpty })
    }
  }

  @Test(arguments: [(true, UInt16(400), "it says"), (false, 500, "failed to purge the cache")])
  func whatAStageCannotDoIsSaid(_ isInvalid: Bool, _ status: UInt16, _ message: String) async throws {
    let server = try CachingServer(CommandFailure(stage: "cache", isInvalid: isInvalid, message: "it says"))
    try await TestPlane.run(server: server) { plane in
      let answer = await plane.send("POST", "/manage/cache/purge", ["method": "GET", "url": "/v1"])
      #expect(answer.status == status && answer.error == message)
    }
  }

  @Test(arguments: [
    ("/v1/models", "/v1/models", ""), ("/v1?a=1?b", "/v1", "a=1?b"), ("http://h", "/", ""),
    ("https://u:p@h:80?x", "/", "x"), ("http://[::1]:8080/a%2F", "/a%2F", ""),
    ("v1/models", "/v1/models", ""),
  ])
  func aTargetIsPathAndQuery(_ url: String, _ path: String, _ query: String) throws {
    let target = try #require(PurgeTarget(url))
    #expect(target.path == path && target.query == query)
  }

  @Test(arguments: [
    "http://[::1", "http://h:x/", "http://a]b/", "://h/", "a:b", "/a b", "/%", "/%2", "/%zz", "1+2://h",
    "/\u{7f}",
  ])
  func whatIsNoURLIsNoTarget(_ url: String) {
    #expect(PurgeTarget(url) == nil)
  }
}
