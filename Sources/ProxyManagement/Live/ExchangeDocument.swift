import ProxyCore
import ProxyPipeline
import ProxyStore

/// An exchange as clients of the API see it.
struct ExchangeDocument: Sendable {
  /// What models cost.
  let prices: PriceBook

  /// One line of a list.
  func summary(_ record: ExchangeRecord) -> JSONValue {
    .object(members(record))
  }

  /// Everything that is known of it.
  func detail(_ record: ExchangeRecord) -> JSONValue {
    let spans = record.trace.spans
    let usage: JSONValue = [
      "input_tokens": .integer(record.entry.counts.input),
      "output_tokens": .integer(record.entry.counts.output),
      "cached_input_tokens": .integer(record.entry.counts.cachedInput),
      "reasoning_tokens": .integer(record.entry.counts.reasoning),
      "total_tokens": .integer(record.entry.counts.total),
      "provenance": .string(record.entry.provenance.rawValue),
      "cost_micros": costMicros(record.entry).map { .integer($0) } ?? .null,
      "currency": .string(prices.table.currency),
    ]
    let refusal: JSONValue =
      record.refusal.map { refusal in
        [
          "status": .integer(record.entry.status), "code": .string(refusal.code),
          "message": .string(Redaction.shown(refusal.message, 1024)),
        ]
      } ?? .null
    return .object(
      members(record) + [
        .init(name: "attempts", value: .integer(record.attempts)),
        .init(name: "cache_status", value: .optional(record.cacheStatus)),
        .init(name: "waterfall", value: .array(spans.map { Self.span($0, record.refusal) })),
        .init(name: "usage", value: usage),
        .init(name: "refused_by", value: .optional(record.refusal?.stage)),
        .init(name: "refusal", value: refusal),
      ])
  }

  private func members(_ record: ExchangeRecord) -> [JSONValue.Member] {
    let entry = record.entry
    let project = entry.token?.project
    let counts = entry.provenance == .none ? nil : entry.counts
    let values: KeyValuePairs<String, JSONValue> = [
      "request_id": .string(entry.requestID),
      "started_at": .string(Timestamp(milliseconds: entry.startedMilliseconds).rfc3339),
      "method": .string(record.method), "path": .string(Redaction.scrubbed(record.path)),
      "status": .integer(entry.status),
      "duration_ms": .decimal(Double(entry.durationMicroseconds) / 1000),
      "first_byte_ms": .decimal(entry.firstByteMicroseconds.map { Double($0) / 1000 }),
      "project_id": .optional(project?.id ?? entry.projectID), "project_name": .optional(project?.name),
      "token_id": .optional(entry.token?.id), "token_label": .optional(entry.token?.label),
      "model": .optional(entry.model.map { Redaction.shown($0, 256) }), "api": .optional(entry.api),
      "provider": .optional(entry.provider), "is_stream": .bool(entry.isStream),
      "outcome": .string(entry.outcome.rawValue), "error_code": .optional(record.refusal?.code),
      "input_tokens": counts.map { .integer($0.input) } ?? .null,
      "output_tokens": counts.map { .integer($0.output) } ?? .null,
      "cost_micros": costMicros(entry).map { .integer($0) } ?? .null,
      "request_bytes": .integer(entry.requestBytes), "response_bytes": .integer(entry.responseBytes),
      "client_ip": .string(record.clientAddress), "sequence": .integer(record.sequence),
    ]
    return values.map { .init(name: $0.key, value: $0.value) }
  }

  /// What was charged, else what the price table says now; `nil` without counts or without a price.
  private func costMicros(_ entry: UsageEntry) -> Int64? {
    if let charge = entry.charge { return charge.micros }
    guard entry.provenance != .none, let model = entry.model,
      let price = prices.price(model: model, provider: entry.api)
    else { return nil }
    let counts = entry.counts
    return price.cost(input: counts.input, cachedInput: counts.cachedInput, output: counts.output).rounded
  }

  private static func span(_ span: ExchangeTrace.Span, _ refusal: ExchangeRecord.Refusal?) -> JSONValue {
    var details: [String] = []
    if span.calls > 1 { details.append("\(span.calls) calls") }
    if span.verdict == "respond", let refusal, refusal.stage == span.name { details.append(refusal.code) }
    return [
      "kind": .string(span.kind.rawValue), "stage": .string(span.name), "plugin": .optional(span.plugin),
      "hook": .optional(span.hook), "start_us": .decimal(Double(span.start) / 1000),
      "duration_us": .decimal(Double(span.duration) / 1000), "verdict": .optional(span.verdict),
      "detail": details.isEmpty ? .null : .string(details.joined(separator: ", ")),
    ]
  }
}
