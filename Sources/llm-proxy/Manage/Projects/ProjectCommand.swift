import ArgumentParser
import ProxyConfig
import ProxyCore

/// `llm-proxy manage project`.
struct ProjectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "project", abstract: "Manage projects: who pays, with which provider key.",
    subcommands: [
      ProjectListCommand.self, ProjectGetCommand.self, ProjectCreateCommand.self, ProjectUpdateCommand.self,
      ProjectDeleteCommand.self, ProjectRevokeTokensCommand.self,
    ])

  static let path = "/manage/projects"

  /// What a table of projects shows.
  static let columns: [Column] = [
    .identifier("ID", "id"), Column("Name", "name", minimum: 12),
    Column("API Key", "api_key", isOptional: true),
    Column("Active", "is_active", .flag, minimum: 6), Column("Created", "created_at", .time(), minimum: 16),
    Column("Updated", "updated_at", .time(), minimum: 16, isOptional: true),
  ]

  /// Further members in CSV.
  static let furtherPaths = ["deactivated_at", "policy", "budget", "metadata"]

  /// What one project shows.
  static let fields: [Column] = [
    Column("ID", "id"), Column("Name", "name"), Column("API Key", "api_key"),
    Column("Active", "is_active", .flag), Column("Created", "created_at", .time()),
    Column("Updated", "updated_at", .time()), Column("Deactivated", "deactivated_at", .time()),
    Column("Policy", "policy"), Column("Budget", "budget"), Column("Metadata", "metadata"),
    Column("ETag", "etag"),
  ]

  /// Prints the project of an answer; a table shows its ETag too.
  static func print(_ answer: ManagementClient.Answer, _ format: OutputFormat) throws(CommandFailure) {
    try RecordPrinter.print(answer.documentWithTag(for: format), fields, format)
  }
}

extension ManagementClient.Answer {
  /// The document, with the ETag of the head as a member where people read it.
  func documentWithTag(for format: OutputFormat) -> JSONValue {
    guard format == .table, case .object(let members) = document, let tag = header("etag") else {
      return document
    }
    return .object(members + [.init(name: "etag", value: .string(tag))])
  }
}
