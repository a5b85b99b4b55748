internal import LLMProxyPluginKit

/// The provider's answer: kept as it passes, or the word that what is kept is still good.
extension ResponseCache {
  func responseHeaders(_ request: Request) throws -> Verdict {
    guard let lookup = state(of: request) else { return .detach }
    let status = request.status(of: .upstreamResponse)
    // Not the provider's answer but one of ours, perhaps in the place of one that broke.
    guard status != 0, request.exchange()?.isGatewayReply != true, case .asked(let asked) = lookup.stage
    else {
      lookup.stage = .over
      return .detach
    }
    let head = AnswerHead(of: request)
    if let asked {
      if status == 304 { return try renew(asked, by: head, lookup, request) }
      // The provider has another one now, or none; an outage of its own changes nothing.
      if status < 500 { memory.drop(asked) }
    }
    return try decide(head, status, lookup, request)
  }

  func responseTap(_ request: Request, _ chunk: Slice) throws -> Verdict {
    guard let lookup = state(of: request), case .keeping(var draft) = lookup.stage else { return .detach }
    // Taken out while it grows: a second reference would copy the body with each piece.
    lookup.stage = .over
    guard draft.body.count + chunk.count <= settings.objectLimitBytes else { return .detach }
    draft.body.append(contentsOf: chunk.unsafeBytes)
    lookup.stage = .keeping(draft)
    return .continue
  }

  func responseTapEnd(_ request: Request) throws {
    guard let lookup = state(of: request), case .keeping(let draft) = lookup.stage else { return }
    lookup.stage = .over
    if keep(draft, of: lookup) { try request.setMetadata(.cacheStatus, "stored" as StaticString) }
  }

  private func decide(
    _ head: AnswerHead, _ status: UInt32, _ lookup: Lookup, _ request: Request
  ) throws -> Verdict {
    switch decision(head, status, lookup) {
    case .keep(let terms):
      guard let variant = Variant(of: head, to: request) else {
        return try pass(lookup, request, why: "vary")
      }
      let word = terms.isForced ? "stored (forced)" : "stored"
      try request.setHeader("cache-status" as StaticString, "llm-proxy; \(word)", in: .response)
      try request.setHeader("x-proxy-cache", "stored" as StaticString, in: .response)
      try request.setHeader("x-proxy-cache-key" as StaticString, lookup.place.request.hex, in: .response)
      let kept = terms.isForced ? head.kept.stating(lifetime: terms.lifetime) : head.kept
      var body: [UInt8] = []
      body.reserveCapacity(min(head.seconds("content-length") ?? 0, settings.objectLimitBytes))
      lookup.stage = .keeping(
        Lookup.Draft(
          head: kept, variant: variant, status: status, terms: terms, keptAt: host.milliseconds, body: body))
      return .continue
    case .bypass:
      try request.setMetadata(.cacheStatus, "bypass" as StaticString)
      try request.setHeader("cache-status", "llm-proxy; bypass" as StaticString, in: .response)
      try request.setHeader("x-proxy-cache", "bypass" as StaticString, in: .response)
      try request.setHeader("x-proxy-cache-key" as StaticString, lookup.place.request.hex, in: .response)
      return try pass(lookup, request, why: nil)
    case .miss(let why):
      try request.setHeader("cache-status", "llm-proxy; miss" as StaticString, in: .response)
      return try pass(lookup, request, why: why)
    case .no(let why): return try pass(lookup, request, why: why)
    case .silent: return try pass(lookup, request, why: nil)
    }
  }

  private func decision(
    _ head: AnswerHead, _ status: UInt32, _ lookup: Lookup
  ) -> KeepingDecision {
    let type = head.first("content-type") ?? []
    return KeepingDecision.of(
      KeepingDecision.Facts(
        status: status, head: head,
        isEventStream: type.withUnsafeBytes { Self.isEventStream($0) },
        wishes: lookup.wishes, settings: settings, now: Int(host.unixMilliseconds / 1000)))
  }

  private static func isEventStream(_ type: UnsafeRawBufferPointer) -> Bool {
    UnsafeRawBufferPointer(rebasing: type.prefix { $0 != UInt8(ascii: ";") }).trimmed.isWord(
      "text/event-stream")
  }

  /// Lets the answer go by.
  private func pass(_ lookup: Lookup, _ request: Request, why: StaticString?) throws -> Verdict {
    lookup.stage = .over
    if let why { try request.setHeader("x-cache-debug", why, in: .response) }
    return .detach
  }

  /// The provider says that what is kept is still good: its new head goes with the old body.
  private func renew(
    _ old: KeptAnswer, by head: AnswerHead, _ lookup: Lookup, _ request: Request
  ) throws -> Verdict {
    lookup.stage = .over
    let merged = old.head.refreshed(by: head)
    var answer = old
    // A 304 that names another version is not about the one that is kept (RFC 9111 4.3.4).
    if !Self.areOfDifferentVersions(head, old.head), case .keep(var terms) = renewedTerms(merged, old, lookup)
    {
      terms.isForced = terms.isForced || old.isForced
      let draft = Lookup.Draft(
        head: merged.kept, variant: old.variant, status: old.status, terms: terms, keptAt: host.milliseconds,
        body: old.body)
      answer = Self.answer(draft, old.place)
      _ = memory.keep(answer, since: lookup.purges)
    } else {
      memory.drop(old)
    }
    return try request.replay(
      answer.status, headers: Self.fields(of: answer, "revalidated", at: host.milliseconds), body: answer.body
    )
  }

  private static func areOfDifferentVersions(_ left: AnswerHead, _ right: AnswerHead) -> Bool {
    guard let left = left.first("etag"), let right = right.first("etag") else { return false }
    return left != right && left.first != UInt8(ascii: "W") && right.first != UInt8(ascii: "W")
  }

  /// An answer that was kept at a client's wish stays so for as long as that client said.
  private func renewedTerms(_ head: AnswerHead, _ old: KeptAnswer, _ lookup: Lookup) -> KeepingDecision {
    var whole = head
    whole.state(length: old.body.count)
    return KeepingDecision.of(
      KeepingDecision.Facts(
        status: old.status, head: whole, isEventStream: false, wishes: lookup.wishes, settings: settings,
        now: Int(host.unixMilliseconds / 1000)))
  }

  private func keep(_ draft: Lookup.Draft, of lookup: Lookup) -> Bool {
    memory.keep(Self.answer(draft, lookup.place), since: lookup.purges)
  }

  private static func answer(_ draft: Lookup.Draft, _ place: KeptAnswer.Place) -> KeptAnswer {
    // A body that came in pieces may have room for as much again, which nobody would count.
    let isLoose = draft.body.capacity > draft.body.count + 4096
    return KeptAnswer(
      place: place, variant: draft.variant, status: draft.status, head: draft.head,
      body: isLoose ? Array(draft.body[...]) : draft.body,
      age: KeptAnswer.Age(
        keptAt: draft.keptAt, initialSeconds: draft.terms.initialAge, lifetimeSeconds: draft.terms.lifetime),
      mustBeValidated: draft.terms.mustBeValidated, isForced: draft.terms.isForced)
  }
}
