import ArgumentParser
import ProxyStore

/// `llm-proxy database`: looks after the database file.
struct DatabaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "database", abstract: "Look after the database file.",
    subcommands: [DatabaseCheckCommand.self])
}

/// `llm-proxy database check`.
struct DatabaseCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Read the whole file: pages, indexes, references, audit chain.",
    discussion: "Changes nothing; a server may run meanwhile. Ends with 1 when something is wrong.")

  private struct Report: Encodable {
    var ok: Bool
    var problems: [String]
    var schemaVersion: Int
    var projects: Int
    var tokens: Int
    var auditVerified: Int?
    var auditHead: String?
  }

  @OptionGroup var options: DatabaseOptions

  func run() async throws {
    var isSound = false
    try options.run {
      let check = try options.file().check()
      isSound = check.isSound
      let report = Report(
        ok: check.isSound, problems: check.problems, schemaVersion: check.schemaVersion,
        projects: check.projects, tokens: check.tokens, auditVerified: check.audit?.verified,
        auditHead: check.audit?.headHash)
      let lines =
        check.problems.map { "problem: \($0)" } + [
          "schema version \(check.schemaVersion), \(check.projects) projects, \(check.tokens) tokens",
          check.audit.map { "audit chain: \($0.verified) events verified" } ?? "audit chain: none",
          check.isSound ? "the database is sound" : "the database is damaged; restore a backup",
        ]
      return (report, lines.joined(separator: "\n"))
    }
    if !isSound { throw ExitCode.failure }
  }
}

/// `llm-proxy audit`: the audit trail where it lies.
struct AuditTrailCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Look at the audit trail where it lies.",
    subcommands: [AuditTrailVerifyCommand.self])
}

/// `llm-proxy audit verify`.
struct AuditTrailVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Prove that no event was altered, inserted or removed.",
    discussion: """
      Computes the hash chain of the database again, and that of the file with --file (AUDIT_LOG_FILE and the files \
      rotated from it). With --compare an event of the database that the file lacks is wrong too. Ends with 1 when \
      something is wrong. Keep the hashes it prints elsewhere: a later run that does not lead on from them shows \
      that the end was cut off.
      """)

  private struct Report: Encodable {
    var ok: Bool
    var verified: Int
    var unchained: Int
    var removed: Int64
    var headHash: String?
    var problem: String?
    var file: FilePart?
  }

  private struct FilePart: Encodable {
    var path: String
    var files: Int
    var verified: Int
    var unchained: Int
    var headHash: String?
    var problem: String?
    var missing: Int?
  }

  @OptionGroup var options: DatabaseOptions

  @Option(help: ArgumentHelp("The audit file, to be verified too.", valueName: "file"))
  var file: String?

  @Flag(help: "Look for events of the database that the file lacks; needs --file.")
  var compare = false

  func validate() throws {
    if compare, file == nil { throw ValidationError("--compare needs --file") }
  }

  func run() async throws {
    var isWhole = false
    try options.run {
      let database = try options.file()
      let found = try database.verifyAudit()
      let part = try file.map { try verify($0, database) }
      isWhole = found.isWhole && part?.problem == nil && (part?.missing ?? 0) == 0
      let report = Report(
        ok: isWhole, verified: found.verified, unchained: found.unchained, removed: found.removed,
        headHash: found.headHash, problem: found.problem, file: part)
      return (report, text(report))
    }
    if !isWhole { throw ExitCode.failure }
  }

  private func verify(_ path: String, _ database: StoreFile) throws -> FilePart {
    let found = try AuditFileVerification(path: path)
    return FilePart(
      path: path, files: found.files, verified: found.verified, unchained: found.unchained,
      headHash: found.headHash, problem: found.problem,
      missing: compare ? try database.missing(in: found) : nil)
  }

  private func text(_ report: Report) -> String {
    var lines = ["database: \(report.verified) events verified, newest \(report.headHash ?? "none")"]
    if report.removed > 0 {
      lines.append("  begins after event \(report.removed): older ones were removed by retention")
    }
    if report.unchained > 0 {
      lines.append("  \(report.unchained) events of the Go program are outside of the chain")
    }
    if let problem = report.problem { lines.append("  problem: \(problem)") }
    if let file = report.file {
      lines.append("\(file.path): \(file.verified) lines verified, newest \(file.headHash ?? "none")")
      if file.unchained > 0 { lines.append("  \(file.unchained) older lines are outside of the chain") }
      if let problem = file.problem { lines.append("  problem: \(problem)") }
      if let missing = file.missing, missing > 0 {
        lines.append("  problem: \(missing) events of the database are not in the file")
      }
    }
    return (lines + [report.ok ? "the audit trail is whole" : "the audit trail was altered"]).joined(
      separator: "\n")
  }
}
