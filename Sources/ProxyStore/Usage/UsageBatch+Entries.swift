internal import GRDB

/// The entries themselves, on their way into `usage_entries`.
extension UsageBatch {
  /// Rows of one statement: it opens table and index once for all of them.
  private static let most = 16

  private static let columns = [
    "started_ms", "duration_us", "first_byte_us", "request_id", "project_id", "token_id", "api", "provider",
    "model", "operation", "status", "is_stream", "outcome", "input_tokens", "output_tokens",
    "cached_input_tokens", "reasoning_tokens", "total_tokens", "provenance", "request_bytes",
    "response_bytes", "charged_micros", "charged_day",
  ]

  private static let (oneRow, mostRows) = (insertion(of: 1), insertion(of: most))

  private static func insertion(of count: Int) -> String {
    let row = "(" + columns.map { _ in "?" }.joined(separator: ", ") + ")"
    let rows = [String](repeating: row, count: count).joined(separator: ", ")
    return "INSERT INTO usage_entries (\(columns.joined(separator: ", "))) VALUES \(rows)"
  }

  func insertEntries(_ db: Database) throws {
    let texts = StatementTexts()
    let one = try RawStatement(db, Self.oneRow, keeping: texts)
    let many = try RawStatement(db, Self.mostRows, keeping: texts)
    defer {
      one.unbind()
      many.unbind()
    }
    // What is left when every statement of many rows is full goes one by one.
    let full = entries.count - entries.count % Self.most
    for run in runs {
      for place in run.places {
        guard place < full else {
          bind(place, of: run, to: one, from: 1)
          try one.run()
          continue
        }
        let row = place % Self.most
        bind(place, of: run, to: many, from: Int32(row * Self.columns.count + 1))
        if row == Self.most - 1 { try many.run() }
      }
    }
  }

  /// Binds the columns of the entry at `place`, the first of them to parameter `first`.
  private func bind(_ place: Int, of run: LedgerRun, to statement: RawStatement, from first: Int32) {
    statement.bind(entries[place].startedMilliseconds, at: first)
    statement.bind(entries[place].durationMicroseconds, at: first + 1)
    statement.bind(entries[place].firstByteMicroseconds, at: first + 2)
    statement.bind(entries[place].requestID, at: first + 3)
    statement.bind(run.project, at: first + 4)
    statement.bind(run.token, at: first + 5)
    statement.bind(entries[place].api, at: first + 6)
    statement.bind(entries[place].provider, at: first + 7)
    statement.bind(run.model, at: first + 8)
    statement.bind(entries[place].operation, at: first + 9)
    statement.bind(Int64(entries[place].status), at: first + 10)
    statement.bind(entries[place].isStream ? 1 : 0, at: first + 11)
    statement.bind(entries[place].outcome.rawValue, at: first + 12)
    let counts = entries[place].counts
    statement.bind(counts.input, at: first + 13)
    statement.bind(counts.output, at: first + 14)
    statement.bind(counts.cachedInput, at: first + 15)
    statement.bind(counts.reasoning, at: first + 16)
    statement.bind(counts.total, at: first + 17)
    statement.bind(entries[place].provenance.rawValue, at: first + 18)
    statement.bind(entries[place].requestBytes, at: first + 19)
    statement.bind(entries[place].responseBytes, at: first + 20)
    statement.bind(charges[place]?.micros, at: first + 21)
    statement.bind(charges[place]?.day, at: first + 22)
  }
}
