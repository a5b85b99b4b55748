import ArgumentParser
import ProxyStore

/// What a copy of the database holds, as a report.
private struct CopySummary: Encodable {
  var file: String
  var bytes: Int
  var sha256: String
  var schemaVersion: Int
  var projects: Int
  var tokens: Int
  var auditHead: String?
  var keptAs: String?

  init(_ report: BackupReport, keptAs: String? = nil) {
    file = report.path
    bytes = report.bytes
    sha256 = report.sha256
    schemaVersion = report.schemaVersion
    projects = report.projects
    tokens = report.tokens
    auditHead = report.auditHead
    self.keptAs = keptAs
  }

  var lines: [String] {
    [
      "\(bytes) bytes, sha256 \(sha256)",
      "schema version \(schemaVersion), \(projects) projects, \(tokens) tokens",
      "newest audit event: \(auditHead ?? "none")",
    ]
  }
}

/// `llm-proxy backup`.
struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copy the database as it is at one moment, and check the copy.",
    discussion: """
      Servers go on reading and writing meanwhile. The copy is one file that only its owner may read (0600); it \
      appears under its name when it is whole, checked and on the disk. It holds no token and, with \
      ENCRYPTION_KEY, no provider key in clear: keep that key elsewhere.
      """)

  @Argument(help: "The file to make.")
  var copy: String

  @Flag(help: "Replace the file when it exists.")
  var force = false

  @OptionGroup var options: DatabaseOptions

  func run() async throws {
    try options.run {
      let progress = CopyProgress()
      let report = try options.file().backup(to: copy, replaces: force) { progress.show($0, $1) }
      let summary = CopySummary(report)
      return (summary, (["wrote \(report.path)"] + summary.lines).joined(separator: "\n"))
    }
  }
}

/// `llm-proxy restore`.
struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Put a backup in the place of the database.",
    discussion: """
      The backup is checked first. The database from before is kept beside it, with the time in its name. Refused \
      while a server has the database open. What was counted, made or revoked after the backup is undone: revoke \
      again what must not work.
      """)

  @Argument(help: "A file that `llm-proxy backup` made.")
  var copy: String

  @OptionGroup var options: DatabaseOptions

  func run() async throws {
    try options.run {
      let path = try options.path()
      let progress = CopyProgress()
      let report = try StoreFile(path: copy).restore(
        to: path, keepingAs: ".before-restore-\(DatabaseOptions.stamp())"
      ) { progress.show($0, $1) }
      let summary = CopySummary(report.restored, keptAs: report.keptAs)
      let kept = report.keptAs.map { ["the database from before is \($0)"] } ?? []
      return (summary, (["restored \(path)"] + summary.lines + kept).joined(separator: "\n"))
    }
  }
}
