/// Roll-ups, charges and budgets: migration 5.
extension Schema {
  /// Sums of the ledger by hour (hours since the epoch) and by day (days since the epoch), UTC, by when
  /// exchanges began. `model`, `provider`, `project_id` and `token_id` are empty when there is none.
  static func rollup(_ table: String) -> String {
    """
    CREATE TABLE \(table) (
        period INTEGER NOT NULL,
        project_id TEXT NOT NULL,
        token_id TEXT NOT NULL,
        model TEXT NOT NULL,
        provider TEXT NOT NULL,
        status_class INTEGER NOT NULL,
        requests INTEGER NOT NULL,
        errors INTEGER NOT NULL,
        estimated_requests INTEGER NOT NULL,
        input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        cached_input_tokens INTEGER NOT NULL,
        reasoning_tokens INTEGER NOT NULL,
        total_tokens INTEGER NOT NULL,
        duration_us INTEGER NOT NULL,
        charged_micros INTEGER NOT NULL,
        PRIMARY KEY (period, project_id, token_id, model, provider, status_class)
    ) WITHOUT ROWID;
    """
  }

  /// What projects (scope 1) and access tokens (scope 2) were charged: in all, and in the day and month (UTC)
  /// of the newest charge. Written in the same transaction as the entries whose `charged_micros` it sums up.
  ///
  /// A hold is what one process has taken from a budget ahead of use; `holder` is the process, which is alive
  /// while it holds the lock of that number.
  static let usage = """
    \(rollup("usage_hours"))
    \(rollup("usage_days"))
    CREATE INDEX usage_days_token ON usage_days(token_id);
    CREATE TABLE usage_balances (
        scope INTEGER NOT NULL,
        id TEXT NOT NULL,
        day INTEGER NOT NULL,
        day_micros INTEGER NOT NULL,
        month INTEGER NOT NULL,
        month_micros INTEGER NOT NULL,
        total_micros INTEGER NOT NULL,
        PRIMARY KEY (scope, id)
    ) WITHOUT ROWID;
    CREATE TABLE usage_holds (
        scope INTEGER NOT NULL,
        id TEXT NOT NULL,
        holder INTEGER NOT NULL,
        held_micros INTEGER NOT NULL,
        PRIMARY KEY (scope, id, holder)
    ) WITHOUT ROWID;
    """

  /// What is new about the entries: the charge, and the day (days since the epoch, UTC) it belongs to.
  static let usageColumns: [(table: String, column: String, declaration: String)] = [
    ("usage_entries", "charged_micros", "INTEGER"),
    ("usage_entries", "charged_day", "INTEGER"),
    ("projects", "budget", "TEXT"),
    ("tokens", "budget", "TEXT"),
  ]

  /// The tables of this step.
  static let usageTables = ["usage_hours", "usage_days", "usage_balances", "usage_holds"]

  /// The sums of the entries that are there already, so that an existing ledger shows from the first day.
  /// They were not charged.
  static func fillRollup(_ table: String, milliseconds: Int) -> String {
    """
    INSERT INTO \(table)
    SELECT started_ms / \(milliseconds), coalesce(project_id, ''), coalesce(token_id, ''),
      coalesce(substr(model, 1, \(UsageRollup.modelLength)), ''), coalesce(api, provider, ''), status / 100,
      count(*), sum(status >= 400 OR outcome = 'upstream_failed'),
      sum(provenance IN ('counted', 'estimated')), sum(input_tokens), sum(output_tokens),
      sum(cached_input_tokens), sum(reasoning_tokens), sum(total_tokens), sum(duration_us), 0
    FROM usage_entries GROUP BY 1, 2, 3, 4, 5, 6;
    """
  }
}
