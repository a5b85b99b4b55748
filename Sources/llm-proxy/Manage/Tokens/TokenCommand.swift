import ArgumentParser
import ProxyClient
import ProxyCore

/// `llm-proxy manage token`.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Manage the access tokens that applications hold.",
    subcommands: [
      TokenGenerateCommand.self, TokenListCommand.self, TokenGetCommand.self, TokenUpdateCommand.self,
      TokenRevokeCommand.self,
    ])

  static let path = "/manage/tokens"

  /// What a table of tokens shows.
  static let columns: [Column] = [
    .identifier("ID", "id"), Column("Token", "token", minimum: 12, isOptional: true),
    Column("Label", "label", minimum: 6), Column("Active", "is_active", .flag, minimum: 6),
    Column("Requests", "request_count", .number(of: "max_requests")),
    Column("Expires", "expires_at", .time(absent: "never"), minimum: 16),
    Column("Last used", "last_used_at", .time(absent: "never"), minimum: 16, isOptional: true),
    .identifier("Project", "project_id", isOptional: true),
  ]

  /// Further members in CSV.
  static let furtherPaths = [
    "max_requests", "created_at", "deactivated_at", "cache_hit_count", "idle_timeout", "renew_on_use",
    "renew_until", "one_shot",
    "parent_id", "policy", "budget", "metadata",
  ]

  /// What one token shows.
  static let fields: [Column] = [
    Column("ID", "id"), Column("Token", "token"), Column("Project", "project_id"), Column("Label", "label"),
    Column("Active", "is_active", .flag), Column("Requests", "request_count"),
    Column("Max requests", "max_requests", .number(absent: "none")),
    Column("Expires", "expires_at", .time(absent: "never")),
    Column("Created", "created_at", .time()), Column("Last used", "last_used_at", .time(absent: "never")),
    Column("Deactivated", "deactivated_at", .time()),
    Column("Idle timeout", "idle_timeout", .span(absent: "none")),
    Column("Renewed by use", "renew_on_use", .span(absent: "no")),
    Column("Renewed until", "renew_until", .time()), Column("One shot", "one_shot", .flag),
    Column("Parent", "parent_id"), Column("Children", "children_count"),
    Column("Cache hits", "cache_hit_count"),
    Column("Policy", "policy"), Column("Budget", "budget"), Column("Metadata", "metadata"),
    Column("ETag", "etag"),
  ]

  /// The path of the token that an argument names.
  static func path(of argument: SecretArgument) throws(CommandFailure) -> String {
    "\(path)/\(BaseURL.encoded(try argument.secret().revealText()))"
  }
}
