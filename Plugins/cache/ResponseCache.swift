internal import LLMProxyPluginKit

/// Gives answers again that providers allow to be kept, or that clients ask to have kept.
///
/// Stands behind everything that governs a request and looks with the last request hook, on the request as
/// earlier stages have left it. What is kept is the provider's answer as it passes here; the stages before it do
/// to a kept one what they do to one that comes.
final class ResponseCache: Middleware, KeepsRequestState, RequestHeadersHook, RequestBodyHook,
  ResponseHeadersHook, ResponseTapHook, RequestDoneHook, CommandHook
{
  typealias RequestState = Lookup

  static let name = "cache"
  static let summary = "Keeps answers in memory and gives them again, by HTTP's rules"
  static let provides = ["llmp.cache_status"]
  static let consumes = ["llmp.project_id"]
  static let services = ["llmp.store/1", "llmp.timer/1", "llmp.commands/1"]
  static let configSchema = CacheSettings.schema
  static let flags: MiddlewareFlags = .needsRequestBody

  static let sweepMilliseconds: UInt64 = 30_000

  let settings: CacheSettings
  let host: Host
  let memory: SharedStore
  private let store: StoreService
  private let sweeper: Sweeper

  init(config: PluginConfig, host: Host) throws(PluginFailure) {
    settings = try CacheSettings(config)
    self.host = host
    store = try host.store()
    memory = SharedStore(limitBytes: settings.limitBytes)
    sweeper = Sweeper(try host.timer())
    if settings.isEnabled { try host.offer(command: "cache.purge") }
  }

  static func validate(_ config: PluginConfig) throws(PluginFailure) {
    _ = try CacheSettings(config)
  }

  func start() throws(PluginFailure) {
    guard settings.isEnabled else { return }
    if settings.wantsRedis {
      host.log(
        .warning,
        "the cache keeps answers in this process: backend redis is not served yet; "
          + "unset HTTP_CACHE_BACKEND or say in-memory")
    }
    try sweeper.start(every: Self.sweepMilliseconds) { [memory, host] in
      memory.dropExpired(at: host.milliseconds)
    }
  }

  func stop() { sweeper.stop() }

  func requestHeaders(_ request: Request) throws -> Verdict {
    guard settings.isEnabled else { return .detach }
    let method = request.attribute(.method)
    let isEligible: Bool
    if method == "POST" {
      isEligible = Eligibility.asksToBeKept(request)
    } else if method == "GET" || method == "HEAD" {
      isEligible = Eligibility.mayBeKept(request)
    } else {
      try request.setHeader("cache-status", "llm-proxy; miss" as StaticString, in: .response)
      isEligible = false
    }
    if isEligible { return .continue }
    try request.setMetadata(.cacheStatus, "miss" as StaticString)
    return .detach
  }

  func requestBody(_ request: Request) throws -> Verdict {
    let wishes = CacheDirectives(of: request)
    let place = try CacheKey.place(of: request, store)
    let (now, purges) = (host.milliseconds, memory.purges)
    let found = memory.answers(to: place.request, at: now).first { $0.variant.matches(request) }
    if let found, !found.mustBeValidated, Self.suits(found, wishes, at: now) {
      return try give(found, to: request, at: now)
    }
    try request.setMetadata(.cacheStatus, "miss" as StaticString)
    if request.attribute(.method) == "HEAD" {
      // Its answer has no body that a GET could be answered with.
      try request.setHeader("cache-status", "llm-proxy; miss" as StaticString, in: .response)
      return .detach
    }
    let asked = try found.flatMap { try ask(about: $0, in: request) ? $0 : nil }
    setState(Lookup(place: place, wishes: wishes, purges: purges, kept: asked), of: request)
    return .continue
  }

  func requestDone(_ request: Request) {
    let method = request.attribute(.method)
    if method == "GET" || method == "HEAD" || method == "OPTIONS" { return }
    memory.dropTarget(
      when: { request.exchange().map { $0.status >= 200 && $0.status < 400 && $0.attempts > 0 } ?? false },
      of: { CacheKey.target(of: request) })
  }

  func command(_ name: Slice, _ input: JSONValue, _ output: Output) throws {
    try output.write("{\"deleted\":\(memory.purge(try Purge(input)))}")
  }

  /// Whether the client takes an answer of that age.
  private static func suits(_ answer: KeptAnswer, _ wishes: CacheDirectives, at now: UInt64) -> Bool {
    if wishes.noCache || (answer.isForced && wishes.wantedLifetime == nil) { return false }
    // Clients of the Go program may say `s-maxage`, which is the same from a client.
    guard let limit = wishes.lifetime else { return true }
    return limit > 0 && answer.age.seconds(at: now) <= limit
  }

  /// Has the provider say only whether a kept answer is still good; false when it cannot be asked so.
  private func ask(about answer: KeptAnswer, in request: Request) throws -> Bool {
    // A client that brings conditions of its own wants the answer to those.
    guard answer.hasValidator, !Preconditions.arePresent(in: request) else { return false }
    do {
      if let tag = answer.head.first("etag") {
        try request.setHeader("if-none-match" as StaticString, tag, in: .upstreamRequest)
      }
      if let modified = answer.head.first("last-modified") {
        try request.setHeader("if-modified-since" as StaticString, modified, in: .upstreamRequest)
      }
      return true
    } catch {
      // A validator too large for a request: the provider is asked for the answer itself.
      return false
    }
  }

  /// Answers from what is kept.
  private func give(_ answer: KeptAnswer, to request: Request, at now: UInt64) throws -> Verdict {
    try request.setMetadata(.cacheStatus, "hit" as StaticString)
    let isKnown = answer.place.method.isName("GET") && Preconditions.areMet(by: answer, in: request)
    let word = isKnown ? "conditional-hit" : "hit"
    return try request.replay(
      isKnown ? 304 : answer.status, headers: Self.fields(of: answer, word, at: now),
      body: isKnown ? [] : answer.body)
  }

  static func fields(of answer: KeptAnswer, _ word: String, at now: UInt64) -> [AnswerHead.Field] {
    answer.head.fields + [
      (Array("age".utf8), Array("\(answer.age.seconds(at: now))".utf8)),
      (Array("cache-status".utf8), Array("llm-proxy; \(word)".utf8)),
      (Array("x-proxy-cache".utf8), Array(word.utf8)),
      (Array("x-proxy-cache-key".utf8), answer.place.request.hex),
    ]
  }
}

extension Host {
  /// The monotonic clock.
  var milliseconds: UInt64 { monotonicNanoseconds / 1_000_000 }
}
