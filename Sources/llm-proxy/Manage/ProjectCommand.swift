import ArgumentParser
import Glibc
import ProxyClient
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

/// `llm-proxy manage project list`.
struct ProjectListCommand: ReportingCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List projects by name.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var limit: LimitOptions

  @Option(help: ArgumentHelp("Only those with this in their name or id.", valueName: "text"))
  var search: String?

  @Flag(help: "Only active ones.")
  var active = false

  func execute() throws {
    var query: [(String, String)] = []
    if let search { query.append(("search", search)) }
    if active { query.append(("active_only", "true")) }
    var list = ListReader(try connection.client(), ProjectCommand.path, query: query, limit: limit.limit)
    try list.print(
      ListPrinter(output.format, ProjectCommand.columns, csv: ProjectCommand.furtherPaths),
      empty: "there is no project")
  }
}

/// `llm-proxy manage project get`.
struct ProjectGetCommand: ReportingCommand {
  static let configuration = CommandConfiguration(commandName: "get", abstract: "Show one project.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "Its id.")
  var id: String

  func execute() throws {
    let answer = try connection.client().call("GET", "\(ProjectCommand.path)/\(BaseURL.encoded(id))")
    try ProjectCommand.print(answer, output.format)
  }
}

/// `llm-proxy manage project create`.
struct ProjectCreateCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a project.",
    discussion: """
      Other users of this machine can read what stands on a command line; OPENAI_API_KEY, @file and - keep the \
      provider's key from them.
      """)

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var policy: PolicyOptions

  @Option(help: "Its name.")
  var name: String

  @Option(
    name: [.customLong("openai-key"), .customLong("api-key")],
    help: ArgumentHelp(
      "The provider's key, @file, or - for a line of standard input (default: OPENAI_API_KEY).",
      valueName: "key"))
  var providerKey: SecretArgument?

  func execute() throws {
    let variable = try connection.environment()["OPENAI_API_KEY"].map { Secret($0) }
    guard let key = try providerKey?.secret() ?? variable else {
      throw CommandFailure(.usage, "no provider key: give --openai-key, or set OPENAI_API_KEY")
    }
    let members: [JSONValue.Member] = [
      .init(name: "name", value: .string(name)), .init(name: "api_key", value: .string(key.revealText())),
    ]
    let body = JSONValue.object(members + (try policy.members()))
    let answer = try connection.client().call("POST", ProjectCommand.path, body: body)
    try ProjectCommand.print(answer, output.format)
  }
}

/// `llm-proxy manage project update`.
struct ProjectUpdateCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Change a project; in force for the next request.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var precondition: PreconditionOptions

  @Argument(help: "Its id.")
  var id: String

  @Option(help: "Its new name.")
  var name: String?

  @Option(
    name: [.customLong("openai-key"), .customLong("api-key")],
    help: ArgumentHelp(
      "The provider's new key, @file, or - for a line of standard input.", valueName: "key"))
  var providerKey: SecretArgument?

  @Option(help: ArgumentHelp("false stops its traffic, true lets it go on.", valueName: "true|false"))
  var isActive: Bool?

  @Flag(help: "With --is-active false: also revoke its tokens.")
  var revokeTokens = false

  func execute() throws {
    var members = JSONValue.Member.optional("name", name.map { .string($0) })
    members += JSONValue.Member.optional("api_key", try providerKey?.secret().revealText().json)
    members += JSONValue.Member.optional("is_active", isActive.map { .bool($0) })
    members += JSONValue.Member.optional("revoke_tokens", revokeTokens ? .bool(true) : nil)
    members += try policy.members()
    guard !members.isEmpty else {
      throw CommandFailure(
        .usage, "nothing to change: give --name, --openai-key, --is-active, or another flag")
    }
    let answer = try connection.client().call(
      "PATCH", "\(ProjectCommand.path)/\(BaseURL.encoded(id))", body: .object(members),
      headers: precondition.headers)
    try ProjectCommand.print(answer, output.format)
  }
}

/// `llm-proxy manage project delete`.
struct ProjectDeleteCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a project: its traffic stops and its tokens are revoked.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "Its id.")
  var id: String

  @Flag(help: "Also remove its rows, which are kept for the audit trail otherwise.")
  var purge = false

  @Flag(name: [.customShort("y"), .long], help: "Do not ask.")
  var yes = false

  func execute() throws {
    let client = try connection.client()
    if !yes, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 {
      guard Console.confirms("Delete project \(Terminal.visible(id))\(purge ? " and all its rows" : "")?")
      else {
        throw CommandFailure(.failure, "not deleted")
      }
    }
    _ = try client.call(
      "DELETE", "\(ProjectCommand.path)/\(BaseURL.encoded(id))", query: purge ? [("purge", "true")] : [])
    try Done.print("Project deleted", ["deleted": .bool(true), "id": .string(id)], output.format)
  }
}

/// `llm-proxy manage project revoke-tokens`.
struct ProjectRevokeTokensCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke-tokens", abstract: "Revoke all access tokens of a project.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "The project's id.")
  var id: String

  func execute() throws {
    let answer = try connection.client().call(
      "POST", "\(ProjectCommand.path)/\(BaseURL.encoded(id))/tokens/revoke")
    let fields = [
      Column("Revoked", "revoked_count"), Column("Already revoked", "already_revoked_count"),
      Column("Tokens in all", "total_tokens"),
    ]
    try RecordPrinter.print(answer.document, fields, output.format)
  }
}

/// Answers of commands whose request has an answer without a body.
enum Done {
  /// Prints a sentence, or the document for programs.
  static func print(_ sentence: String, _ document: JSONValue, _ format: OutputFormat) throws(CommandFailure)
  {
    switch format {
    case .table: Console.output(sentence)
    case .json: Console.output(document.indented())
    case .csv:
      guard case .object(let members) = document else { return }
      try RecordPrinter.print(document, members.map { Column($0.name, $0.name) }, .csv)
    }
  }
}
