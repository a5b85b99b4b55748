import CLLMProxyPlugin
import ProxyCore
import ProxyStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What an exchange used, and its one entry in the ledger.
extension Exchange {
  /// Whether the exchange has an entry in the ledger. Refusals of callers that nobody knows have none: they are
  /// nobody's usage, and a flood of them must not fill the database.
  var isUsage: Bool {
    // A token that was refused for what it is (used up, expired) was looked at and not bound.
    attempts > 0 || token != nil || peeked != nil || metadata.text(LLMP_META_PROJECT_ID) != nil
  }

  /// What the ledger is told, but for what the exchange was charged.
  func describe(_ entry: inout UsageEntry) {
    entry.token = token ?? peeked
    if entry.token == nil { entry.projectID = metadata.text(LLMP_META_PROJECT_ID)?.string }
    entry.model = (servedModel ?? metadata.text(LLMP_META_MODEL_RESOLVED))?.string
    entry.api = currentRoute?.name.string
    entry.provider = currentRoute?.provider.facts.name
    entry.operation = Operations.string(path: path)
    entry.status = outcome.status
    entry.isStream = outcome.isStreamed
    entry.durationMicroseconds = Int64(ExchangeTimes.microseconds(times.started, times.ended))
    if times.firstByte != 0 {
      entry.firstByteMicroseconds = Int64(ExchangeTimes.microseconds(times.started, times.firstByte))
    }
    entry.requestBytes = Int64(clamping: outcome.requestBytes)
    entry.responseBytes = Int64(clamping: outcome.responseBytes)
    entry.outcome =
      outcome.isClientGone
      ? .clientGone
      : outcome.isUpstreamFailed
        ? .upstreamFailed : outcome.isReplay ? .cached : attempts == 0 ? .refused : .completed
    if usage.input_tokens >= 0 || usage.output_tokens >= 0 || usage.total_tokens >= 0 {
      entry.counts = reportedCounts
      entry.provenance = usage.flags & LLMP_USAGE_ESTIMATED != 0 ? .estimated : .reported
    } else if let (counts, provenance) = guessedCounts {
      entry.counts = counts
      entry.provenance = provenance
    }
  }

  /// What the provider said; what it left out follows from the total where that is possible.
  private var reportedCounts: UsageCounts {
    let (input, output, total) = (
      Self.plausible(usage.input_tokens), Self.plausible(usage.output_tokens),
      Self.plausible(usage.total_tokens)
    )
    let knownInput = input ?? max(0, (total ?? 0) - (output ?? 0))
    let knownOutput = output ?? max(0, (total ?? 0) - knownInput)
    return UsageCounts(
      input: knownInput, output: knownOutput, cachedInput: Self.plausible(usage.cached_input_tokens) ?? 0,
      reasoning: Self.plausible(usage.reasoning_tokens) ?? 0, total: total ?? knownInput + knownOutput)
  }

  /// A count that a provider gave; `nil` when it gave none. Whatever it says, sums of counts stay numbers.
  static func plausible(_ count: Int64) -> Int64? { count < 0 ? nil : min(count, 1_000_000_000_000) }

  // MARK: when the provider said nothing

  /// Counts for an exchange that a provider worked on without saying what it used: it does not report, or the
  /// client left before it did. Needs a handful of counters, whatever the length of the answer.
  private var guessedCounts: (UsageCounts, UsageProvenance)? {
    guard outcome.isRequestSent, outcome.status < 400, Operations.usesModelTokens(path: path) else {
      return nil
    }
    // A provider that broke before its answer began is not known to have worked.
    if outcome.isUpstreamFailed, times.upstreamHead == 0 { return nil }
    if outcome.isStreamed, outcome.events > 0 {
      return (UsageCounts(input: estimatedInput, output: Int64(outcome.events)), .counted)
    }
    let output = outcome.isStreamed ? 0 : (Int64(clamping: outcome.responseBytes) + 3) / 4
    let isVector = Operations.name(path: path).equals(Slice("embeddings"))
    return (UsageCounts(input: estimatedInput, output: isVector ? 0 : output), .estimated)
  }

  /// Model tokens of the request's body, by its size; see `InputEstimate`.
  var estimatedInput: Int64 {
    guard let body else { return (Int64(clamping: outcome.requestBytes) + 3) / 4 }
    return body.withUnsafeReadableBytes { InputEstimate.tokens(of: $0) }
  }
}

/// How many model tokens a request's body may be: one for four bytes, except for what is encoded in base64
/// (pictures, sounds, files), each piece of which is taken for 1,100.
enum InputEstimate {
  private static let mark = Array(";base64,".utf8)
  private static let tokensPerAttachment = 1100

  /// The estimate for `body`; one pass over its bytes.
  static func tokens(of body: UnsafeRawBufferPointer) -> Int64 {
    var (attachments, skipped, place) = (0, 0, 0)
    while let found = next(in: body, from: place) {
      var end = found
      while end < body.count, body[end] != UInt8(ascii: "\"") { end += 1 }
      attachments += 1
      skipped += end - found
      place = end
    }
    return Int64((body.count - skipped + 3) / 4 + attachments * tokensPerAttachment)
  }

  /// The place behind the next mark.
  private static func next(in body: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let base = body.baseAddress else { return nil }
    var place = start
    while body.count - place >= mark.count, let found = memchr(base + place, 59, body.count - place) {
      place = UnsafeRawPointer(found) - base
      let rest = UnsafeRawBufferPointer(rebasing: body[place...])
      if rest.starts(with: mark) { return place + mark.count }
      place += 1
    }
    return nil
  }
}

extension Operations {
  /// Whether the operation's answers are billed by text tokens, so that a guess means something.
  static func usesModelTokens(path: Slice) -> Bool {
    let name = name(path: path)
    for known in ["chat.completions", "responses", "completions", "embeddings"] as [StaticString]
    where name.equals(Slice(known)) { return true }
    return false
  }
}
