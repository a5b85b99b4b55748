import ArgumentParser

/// `llm-proxy self show`.
struct SelfShowCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what the access token may do, what remains of it, and what it used.")

  @OptionGroup var holder: HolderOptions

  private static let fields: [Column] = [
    Column("ID", "id"), Column("Label", "label"), Column("Project", "project.name"),
    Column("Active", "is_active", .flag), Column("Expires", "expires_at", .time(absent: "never")),
    Column("Unused until", "idle_expires_at", .time()), Column("Renewed until", "renew_until", .time()),
    Column("One shot", "one_shot", .flag), Column("Requests", "request_count"),
    Column("Requests left", "remaining_requests", .number(absent: "no limit")),
    Column("Policy", "policy"), Column("Budget left", "budget.remaining"),
    Column("Input tokens", "usage.input_tokens"), Column("Output tokens", "usage.output_tokens"),
    Column("Cost", "usage.cost_micros", .money), Column("Currency", "usage.currency"),
    Column("Parent", "parent_id"), Column("Created", "created_at", .time()),
    Column("Last used", "last_used_at", .time(absent: "never")),
  ]

  func execute() throws {
    let answer = try holder.client().call("GET", SelfCommand.path)
    try RecordPrinter.print(answer.document, Self.fields, holder.output.format)
  }
}
