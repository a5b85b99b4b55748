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

/// The flags that say how a token withers.
struct WitheringOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Requests it is good for; 0 is no limit.", valueName: "number"))
  var maxRequests: Int64?

  @Option(help: ArgumentHelp("What it is for: one line of text.", valueName: "text"))
  var label: String?

  @Option(help: ArgumentHelp("It withers when unused for this long; or none.", valueName: "duration"))
  var idleTimeout: OptionalSpanArgument?

  @Option(help: ArgumentHelp("Each use makes it last this long from then; or none.", valueName: "duration"))
  var renewOnUse: OptionalSpanArgument?

  @Option(
    help: ArgumentHelp("Use does not make it last longer than this moment; or none.", valueName: "time"))
  var renewUntil: String?

  func validate() throws {
    if let maxRequests, maxRequests < 0 { throw ValidationError("--max-requests must be 0 or more") }
  }

  /// The members of a request's body.
  func members() -> [JSONValue.Member] {
    var members = JSONValue.Member.optional("max_requests", maxRequests.map { .integer($0) })
    members += JSONValue.Member.optional("label", label.map { .string($0) })
    members += JSONValue.Member.optional("idle_timeout", idleTimeout?.json)
    members += JSONValue.Member.optional("renew_on_use", renewOnUse?.json)
    members += JSONValue.Member.optional("renew_until", renewUntil.map { $0 == "none" ? .null : .string($0) })
    return members
  }
}

/// `llm-proxy manage token generate`.
struct TokenGenerateCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Make an access token; it is shown once.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var withering: WitheringOptions
  @OptionGroup var policy: PolicyOptions

  @Option(help: ArgumentHelp("The project that pays.", valueName: "id"))
  var projectID: String

  @Option(
    help: ArgumentHelp(
      "How long it lasts: hours, or with a unit 90m, 24h, 7d; or never (default: 24).", valueName: "duration")
  )
  var duration: LifetimeArgument?

  @Option(help: ArgumentHelp("When it withers, such as 2030-01-31T12:00:00Z; or never.", valueName: "time"))
  var expiresAt: String?

  @Flag(help: "It does not wither by itself.")
  var never = false

  @Flag(help: "It is good for one request.")
  var oneShot = false

  func validate() throws {
    guard [duration != nil, expiresAt != nil, never].filter({ $0 }).count <= 1 else {
      throw ValidationError("give only one of --duration, --expires-at and --never")
    }
  }

  func execute() throws {
    var members = [JSONValue.Member(name: "project_id", value: .string(projectID)), expiry]
    members += withering.members() + (try policy.members())
    if oneShot { members.append(.init(name: "one_shot", value: .bool(true))) }
    let answer = try connection.client().call("POST", TokenCommand.path, body: .object(members))
    try print(answer.document)
  }

  private var expiry: JSONValue.Member {
    if never || expiresAt?.lowercased() == "never" { return .init(name: "never", value: .bool(true)) }
    if let expiresAt { return .init(name: "expires_at", value: .string(expiresAt)) }
    guard let seconds = (duration ?? LifetimeArgument(seconds: 86_400)).seconds else {
      return .init(name: "never", value: .bool(true))
    }
    return .init(name: "expires_in", value: .string("\(seconds)s"))
  }

  private func print(_ document: JSONValue) throws(CommandFailure) {
    let fields = [
      Column("Token", "token"), Column("Obfuscated", "obfuscated"), Column("ID", "id"),
      Column("Project", "project_id"), Column("Expires at", "expires_at", .text),
      Column("Max requests", "max_requests", .number(absent: "none")), Column("Label", "label"),
    ]
    guard output.format == .table, case .object(let members) = document else {
      return try RecordPrinter.print(document, fields.filter { $0.path != "obfuscated" }, output.format)
    }
    let shown = members.map { member -> JSONValue.Member in
      member.name == "expires_at" && member.value == .null
        ? .init(name: "expires_at", value: "never") : member
    }
    let mask = Self.obfuscated(document["token"]?.stringValue ?? "")
    try RecordPrinter.print(
      .object(shown + [.init(name: "obfuscated", value: .string(mask))]), fields, .table)
  }

  /// The form in which lists and logs show a token: its beginning and its end.
  static func obfuscated(_ secret: String) -> String {
    secret.count > 12 ? "\(secret.prefix(7))...\(secret.suffix(4))" : "****"
  }
}

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

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var limit: LimitOptions

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
    let fields: KeyValuePairs = [
      "project_id": projectID, "parent_id": parentID, "search": search, "active_only": active ? "true" : nil,
      "status": status?.rawValue, "sort": sort?.rawValue, "order": order?.rawValue,
    ]
    let query = fields.compactMap { name, value in value.map { (name, $0) } }
    var list = ListReader(try connection.client(), TokenCommand.path, query: query, limit: limit.limit)
    try list.print(
      ListPrinter(output.format, TokenCommand.columns, csv: TokenCommand.furtherPaths),
      empty: "there is no such token")
  }
}

/// Which end of an order comes first.
enum SortDirection: String, ExpressibleByArgument, CaseIterable {
  /// The smallest first.
  case asc
  /// The largest first.
  case desc
}

/// `llm-proxy manage token get`.
struct TokenGetCommand: ReportingCommand {
  static let configuration = CommandConfiguration(commandName: "get", abstract: "Show one access token.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "Its id, or the token itself; @file, or - for a line of standard input.")
  var token: SecretArgument

  func execute() throws {
    let answer = try connection.client().call("GET", try TokenCommand.path(of: token))
    try RecordPrinter.print(answer.documentWithTag(for: output.format), TokenCommand.fields, output.format)
  }
}

/// `llm-proxy manage token update`.
struct TokenUpdateCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Change an access token; in force for the next request.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var withering: WitheringOptions
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var precondition: PreconditionOptions

  @Argument(help: "Its id, or the token itself; @file, or - for a line of standard input.")
  var token: SecretArgument

  @Option(help: ArgumentHelp("false revokes it, true lets it go on.", valueName: "true|false"))
  var isActive: Bool?

  @Option(help: ArgumentHelp("When it withers, such as 2030-01-31T12:00:00Z; or never.", valueName: "time"))
  var expiresAt: String?

  func execute() throws {
    var members = JSONValue.Member.optional("is_active", isActive.map { .bool($0) })
    members += JSONValue.Member.optional(
      "expires_at", expiresAt.map { .string($0.lowercased() == "never" ? "never" : $0) })
    members += withering.members() + (try policy.members())
    guard !members.isEmpty else {
      throw CommandFailure(
        .usage, "nothing to change: give --is-active, --max-requests, --expires-at, --label, or another flag")
    }
    let answer = try connection.client().call(
      "PATCH", try TokenCommand.path(of: token), body: .object(members), headers: precondition.headers)
    try RecordPrinter.print(answer.documentWithTag(for: output.format), TokenCommand.fields, output.format)
  }
}

/// `llm-proxy manage token revoke`.
struct TokenRevokeCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Revoke an access token, and those that it made.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "Its id, or the token itself; @file, or - for a line of standard input.")
  var token: SecretArgument

  func execute() throws {
    _ = try connection.client().call("DELETE", try TokenCommand.path(of: token))
    try Done.print("Token revoked", ["revoked": .bool(true)], output.format)
  }
}
