import ArgumentParser
import ProxyStore

/// `llm-proxy migrate`: the schema of the database file, and how secrets lie in it.
struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Bring the database file up to date, or seal what it holds.",
    discussion: """
      The server migrates the file it opens, so none of this is needed before a start. \
      docs/migration-from-go.md tells how to take over a database of the Go program.
      """,
    subcommands: [
      MigrateUpCommand.self, MigrateDownCommand.self, MigrateStatusCommand.self, MigrateVersionCommand.self,
      EncryptCommand.self, EncryptStatusCommand.self, RotateKeyCommand.self,
    ])
}

/// One step in a report.
struct MigrationStepReport: Encodable {
  var number: Int
  var name: String
  var applied: Bool
  var appliedAt: String?
  var program: String?
  var reversible: Bool

  init(_ step: MigrationStep) {
    number = step.number
    name = step.name
    applied = step.isApplied
    appliedAt = step.appliedAt?.rfc3339
    program = step.program
    reversible = step.isReversible
  }
}

/// `llm-proxy migrate up`.
struct MigrateUpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Apply every step the file lacks; makes the file when there is none.",
    discussion: "A server may run meanwhile. Each step is one transaction: it is applied whole or not at all."
  )

  private struct Report: Encodable {
    var version: Int
    var applied: [MigrationStepReport]
  }

  @OptionGroup var options: DatabaseOptions

  func run() async throws {
    try options.run {
      let file = try StoreFile(creating: try options.path())
      let steps = try file.migrateUp()
      let version = try file.migrations().version
      let lines = steps.map { "applied \($0.number): \($0.name)" }
      return (
        Report(version: version, applied: steps.map(MigrationStepReport.init)),
        (lines + ["Migrations applied successfully", "Current migration version: \(version)"])
          .joined(separator: "\n")
      )
    }
  }
}

/// `llm-proxy migrate down`.
struct MigrateDownCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Take the newest step back, after a backup.",
    discussion: """
      What the step added is lost; what the Go program keeps is not, and a step for which that cannot be had is \
      refused. No server may have the file open. A server of this version applies the step again when it starts.
      """)

  private struct Report: Encodable {
    var undone: MigrationStepReport
    var version: Int
    var backup: String
  }

  @OptionGroup var options: DatabaseOptions

  @Option(
    help: ArgumentHelp(
      "File for the backup (default: beside the database, with version and time).", valueName: "file"))
  var backup: String?

  func run() async throws {
    try options.run {
      let file = try options.file()
      let before = try file.migrations().version
      let copy = backup ?? "\(file.path).before-down-\(before)-\(DatabaseOptions.stamp())"
      let step = try file.migrateDown(backup: copy)
      let version = try file.migrations().version
      return (
        Report(undone: MigrationStepReport(step), version: version, backup: copy),
        """
        took back \(step.number): \(step.name)
        backup: \(copy)
        Migration rolled back successfully
        Current migration version: \(version)
        """
      )
    }
  }
}

/// `llm-proxy migrate status`.
struct MigrateStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "List the steps and which of them the file has.")

  private struct Report: Encodable {
    var version: Int
    var newest: Int
    var steps: [MigrationStepReport]
  }

  @OptionGroup var options: DatabaseOptions

  func run() async throws {
    try options.run {
      let state = try options.file().migrations()
      let lines = state.steps.map { step in
        let when = step.appliedAt.map { "applied \($0.rfc3339.prefix(19))Z" } ?? "pending"
        let padding = String(repeating: " ", count: max(0, 30 - when.count))
        return "\(step.number < 10 ? " " : "")\(step.number)  \(when)\(padding)\(step.name)"
      }
      let rest = state.pending.isEmpty ? "nothing is pending" : "\(state.pending.count) pending"
      return (
        Report(
          version: state.version, newest: state.newest, steps: state.steps.map(MigrationStepReport.init)),
        (lines + ["Current migration version: \(state.version); \(rest)"]).joined(separator: "\n")
      )
    }
  }
}

/// `llm-proxy migrate version`.
struct MigrateVersionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the schema version of the file.",
    discussion: "0 is a file of the Go program that this program has not opened yet.")

  private struct Report: Encodable {
    var version: Int
    var newest: Int
  }

  @OptionGroup var options: DatabaseOptions

  func run() async throws {
    try options.run {
      let state = try options.file().migrations()
      return (
        Report(version: state.version, newest: state.newest), "Current migration version: \(state.version)"
      )
    }
  }
}
