internal import GRDB

/// The sums of some ledger entries by hour and by day, on their way into `usage_hours` and `usage_days`: one
/// row for each combination that occurs, however many entries there are.
struct UsageRollup {
  /// Bytes of a model's name that count; what is longer is no model.
  static let modelLength = 128
  static let hourMilliseconds: Int64 = 3_600_000
  static let dayMilliseconds: Int64 = 86_400_000

  struct Key: Hashable {
    var period: Int64
    var project: String
    var token: String
    var model: String
    var provider: String
    var statusClass: Int64
  }

  /// In the order of the tables' columns.
  struct Sums {
    var requests: Int64 = 0
    var errors: Int64 = 0
    var estimated: Int64 = 0
    var input: Int64 = 0
    var output: Int64 = 0
    var cachedInput: Int64 = 0
    var reasoning: Int64 = 0
    var total: Int64 = 0
    var durationMicroseconds: Int64 = 0
    var chargedMicros: Int64 = 0

    var values: [Int64] {
      [
        requests, errors, estimated, input, output, cachedInput, reasoning, total, durationMicroseconds,
        chargedMicros,
      ]
    }

    static func += (left: inout Sums, right: Sums) {
      left.requests += right.requests
      left.errors += right.errors
      left.estimated += right.estimated
      left.input &+= right.input
      left.output &+= right.output
      left.cachedInput &+= right.cachedInput
      left.reasoning &+= right.reasoning
      left.total &+= right.total
      left.durationMicroseconds &+= right.durationMicroseconds
      left.chargedMicros &+= right.chargedMicros
    }
  }

  private var places: [Key: Int] = [:]
  private var sums: [Sums] = []

  /// Adds the entries of a run.
  mutating func add(
    _ run: LedgerRun, of entries: [UsageEntry], _ charges: [UsageCharge?], _ names: inout ModelNames
  ) {
    // Where the last entry was added.
    var last: (hour: Int64, statusClass: Int64, place: Int) = (-1, -1, 0)
    for at in run.places {
      let started = entries[at].startedMilliseconds
      let (hour, statusClass) = (started / Self.hourMilliseconds, Int64(entries[at].status) / 100)
      if hour != last.hour || statusClass != last.statusClass {
        let key = Key(
          period: hour, project: run.project ?? "", token: run.token ?? "",
          model: names.name(for: run.model, startedMilliseconds: started), provider: run.provider ?? "",
          statusClass: statusClass)
        last = (hour, statusClass, place(of: key))
      }
      let counts = entries[at].counts
      sums[last.place] += Sums(
        requests: 1, errors: Self.isError(entries[at].status, entries[at].outcome) ? 1 : 0,
        estimated: entries[at].provenance.isGuess ? 1 : 0,
        input: counts.input, output: counts.output, cachedInput: counts.cachedInput,
        reasoning: counts.reasoning, total: counts.total,
        durationMicroseconds: entries[at].durationMicroseconds, chargedMicros: charges[at]?.micros ?? 0)
    }
  }

  /// True for an answer of 400 and above and for a provider that failed in the middle of one.
  private static func isError(_ status: UInt16, _ outcome: UsageOutcome) -> Bool {
    status >= 400 || outcome == .upstreamFailed
  }

  private mutating func place(of key: Key) -> Int {
    if let place = places[key] { return place }
    places[key] = sums.count
    sums.append(Sums())
    return sums.count - 1
  }

  /// Adds the sums to those in the file.
  func write(_ db: Database) throws {
    var days: [Key: Sums] = [:]
    for (key, place) in places {
      var key = key
      key.period /= 24
      days[key, default: Sums()] += sums[place]
    }
    try Self.write(places.mapValues { sums[$0] }, to: "usage_hours", db)
    try Self.write(days, to: "usage_days", db)
  }

  private static func write(_ sums: [Key: Sums], to table: String, _ db: Database) throws {
    guard !sums.isEmpty else { return }
    let statement = try RawStatement(
      db,
      """
      INSERT INTO \(table) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, errors = errors + excluded.errors,
        estimated_requests = estimated_requests + excluded.estimated_requests,
        input_tokens = input_tokens + excluded.input_tokens,
        output_tokens = output_tokens + excluded.output_tokens,
        cached_input_tokens = cached_input_tokens + excluded.cached_input_tokens,
        reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
        total_tokens = total_tokens + excluded.total_tokens, duration_us = duration_us + excluded.duration_us,
        charged_micros = charged_micros + excluded.charged_micros
      """)
    for (key, sum) in sums {
      statement.bind(key.period, at: 1)
      for (at, text) in [key.project, key.token, key.model, key.provider].enumerated() {
        statement.bind(text, at: Int32(at + 2))
      }
      statement.bind(key.statusClass, at: 6)
      for (at, value) in sum.values.enumerated() { statement.bind(value, at: Int32(at + 7)) }
      try statement.run()
    }
  }
}

extension UsageProvenance {
  /// True when the provider did not say it.
  var isGuess: Bool { self == .counted || self == .estimated }
}
