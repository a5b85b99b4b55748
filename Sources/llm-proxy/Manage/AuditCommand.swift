import ArgumentParser

/// `llm-proxy manage audit`.
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Look at who did what, and who was refused.",
    subcommands: [AuditListCommand.self, AuditShowCommand.self])

  static let path = "/manage/audit"

  /// What a table of events shows.
  static let columns: [Column] = [
    Column("Time", "timestamp", .time(), minimum: 16), Column("Action", "action", minimum: 12),
    Column("Outcome", "outcome", minimum: 7), Column("Actor", "actor", minimum: 10),
    Column("Reason", "reason", isOptional: true), Column("Client", "client_ip", minimum: 9, isOptional: true),
    .identifier("Project", "project_id", isOptional: true), .identifier("ID", "id", isOptional: true),
  ]

  /// Further members in CSV.
  static let furtherPaths = [
    "token_id", "request_id", "correlation_id", "method", "path", "user_agent", "metadata",
  ]

  /// What one event shows.
  static let fields: [Column] = [
    Column("ID", "id"), Column("Time", "timestamp"), Column("Action", "action"), Column("Outcome", "outcome"),
    Column("Reason", "reason"), Column("Actor", "actor"), Column("Client", "client_ip"),
    Column("Project", "project_id"), Column("Token", "token_id"), Column("Method", "method"),
    Column("Path", "path"), Column("User agent", "user_agent"), Column("Request", "request_id"),
    Column("Correlation", "correlation_id"), Column("Metadata", "metadata"),
  ]
}
