import ProxyCore
import ProxyStore

extension UsageGroup {
  /// The group's names and sums, in the order of the columns.
  var members: [JSONValue.Member] { keys.flatMap(\.members) + figures.members }
}

extension UsageQuery {
  /// The columns of a table without rows.
  var columns: [JSONValue.Member] {
    let keys = groups.map { group -> UsageGroup.Key in
      switch group {
      case .project: .project(id: "", name: nil)
      case .token: .token(id: "", label: nil)
      case .model: .model("")
      case .provider: .provider("")
      case .status: .statusClass(0)
      case .day: .day(Timestamp(seconds: 0))
      case .hour: .hour(Timestamp(seconds: 0))
      }
    }
    return UsageGroup(keys: keys, figures: UsageFigures()).members
  }
}

extension UsageGroup.Key {
  fileprivate var members: [JSONValue.Member] {
    func text(_ name: String, _ value: String?) -> JSONValue.Member {
      .init(name: name, value: .optional(value))
    }
    return switch self {
    case .project(let id, let name): [text("project_id", id), text("project_name", name)]
    case .token(let id, let label): [text("token_id", id), text("token_label", label)]
    case .model(let name): [text("model", name)]
    case .provider(let name): [text("provider", name)]
    case .statusClass(let number): [text("status", number == 0 ? "none" : "\(number)xx")]
    case .day(let moment): [text("day", String(moment.rfc3339.prefix(10)))]
    case .hour(let moment): [text("hour", moment.rfc3339)]
    }
  }
}

extension UsageFigures {
  /// The sums as clients see them.
  var members: [JSONValue.Member] {
    func number(_ name: String, _ value: Int64) -> JSONValue.Member {
      .init(name: name, value: .integer(value))
    }
    return [
      number("requests", requests), number("errors", errors), number("input_tokens", counts.input),
      number("output_tokens", counts.output), number("cached_input_tokens", counts.cachedInput),
      number("reasoning_tokens", counts.reasoning), number("total_tokens", counts.total),
      .init(name: "cost_micros", value: costMicros.map { .integer($0) } ?? .null),
      .init(name: "latency_ms_avg", value: .number("\(latencyMilliseconds)")),
      number("estimated_requests", estimatedRequests), number("unpriced_requests", unpricedRequests),
      number("charged_micros", chargedMicros),
    ]
  }
}

extension UsageEntryRecord {
  /// The entry as clients see it.
  var members: [JSONValue.Member] {
    func optional(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
    let pairs: KeyValuePairs<String, JSONValue> = [
      "id": .integer(id), "started_at": .string(startedAt.rfc3339), "request_id": .string(requestID),
      "project_id": .optional(projectID), "token_id": .optional(tokenID),
      "provider": .optional(api ?? provider),
      "adapter": .optional(provider), "model": .optional(model), "operation": .optional(operation),
      "status": .integer(status), "is_stream": .bool(isStream), "outcome": .string(outcome),
      "input_tokens": .integer(counts.input), "output_tokens": .integer(counts.output),
      "cached_input_tokens": .integer(counts.cachedInput), "reasoning_tokens": .integer(counts.reasoning),
      "total_tokens": .integer(counts.total), "provenance": .string(provenance),
      "cost_micros": optional(costMicros), "charged_micros": optional(chargedMicros),
      "duration_ms": .number("\(Double(durationMicroseconds) / 1000)"),
      "first_byte_ms": firstByteMicroseconds.map { .number("\(Double($0) / 1000)") } ?? .null,
      "request_bytes": .integer(requestBytes), "response_bytes": .integer(responseBytes),
    ]
    return pairs.map { JSONValue.Member(name: $0.key, value: $0.value) }
  }
}

extension PriceTable {
  /// The table in force; prices as decimal numbers of the currency for a million model tokens.
  var document: JSONValue {
    let models = entries.enumerated().map { index, entry -> JSONValue in
      [
        "match": .string(entry.match.text), "provider": .optional(entry.provider),
        "input_per_million": .number(Self.decimal(entry.price.inputMicros)),
        "cached_input_per_million": .number(Self.decimal(entry.price.cachedInputMicros)),
        "output_per_million": .number(Self.decimal(entry.price.outputMicros)),
        "built_in": .bool(index >= entries.count - builtInCount),
      ]
    }
    return [
      "currency": .string(currency), "built_in_as_of": .optional(builtInCount > 0 ? Self.builtInDate : nil),
      "reserved_output_tokens": .integer(reservedOutputTokens), "models": .array(models),
    ]
  }

  /// Micro-units as a decimal number, exactly.
  private static func decimal(_ micros: Int64) -> String {
    let (whole, rest) = micros.quotientAndRemainder(dividingBy: 1_000_000)
    guard rest > 0 else { return "\(whole)" }
    var digits = String(rest)
    digits = String(repeating: "0", count: 6 - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(whole).\(digits)"
  }
}
