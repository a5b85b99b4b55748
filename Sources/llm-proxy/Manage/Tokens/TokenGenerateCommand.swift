import ArgumentParser
import ProxyCore

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
