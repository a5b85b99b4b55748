import ArgumentParser

/// `llm-proxy manage token list`.
struct TokenListCommand: ReportingCommand {
  /// What a list may be ordered by.
  enum Order: String, ExpressibleByArgument, CaseIterable {
    case createdAt = "created_at"
    case lastUsedAt = "last_used_at"
    case expiresAt = "expires_at"
    case requestCount = "request_count"
  }

  /// What state tokens are in.
  enum Status: String, ExpressibleByArgument, CaseIterable {
    case active, expired, revoked
    case usedUp = "used_up"
  }

  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List access tokens, the newest first.")

  @OptionGroup var list: ListOptions

  @Option(help: ArgumentHelp("Only those of this project.", valueName: "id"))
  var projectID: String?

  @Option(help: ArgumentHelp("Only those that this token made.", valueName: "id"))
  var parentID: String?

  @Option(help: ArgumentHelp("Only those with this in label, id or shown token.", valueName: "text"))
  var search: String?

  @Flag(help: "Only active ones.")
  var active = false

  @Option(help: ArgumentHelp("Only those in this state.", valueName: "status"))
  var status: Status?

  @Option(help: ArgumentHelp("What the order follows.", valueName: "field"))
  var sort: Order?

  @Option(help: ArgumentHelp("Smallest or largest first.", valueName: "order"))
  var order: SortDirection?

  func execute() throws {
    try list.print(
      TokenCommand.path,
      [
        "project_id": projectID, "parent_id": parentID, "search": search,
        "active_only": active ? "true" : nil,
        "status": status?.rawValue, "sort": sort?.rawValue, "order": order?.rawValue,
      ], TokenCommand.columns, csv: TokenCommand.furtherPaths, empty: "there is no such token")
  }
}
