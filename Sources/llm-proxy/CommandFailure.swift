import ArgumentParser
import ProxyClient
import ProxyConfig

/// Why a command ends without having done what it was asked for.
struct CommandFailure: Error, CustomStringConvertible {
  /// The code to end with.
  let status: CommandStatus
  /// A sentence for the user; empty when everything has been said.
  let description: String

  init(_ status: CommandStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}

extension CommandFailure {
  /// The failure of a request.
  init(_ failure: ClientFailure) {
    let status: CommandStatus
    switch failure.kind {
    case .unreachable, .timedOut, .untrusted, .broken: status = .unreachable
    case .interrupted: status = .interrupted
    case .unusable, .tooLarge: status = .failure
    }
    self.init(status, failure.description)
  }

  /// The user pressed Ctrl-C.
  static let interrupted = CommandFailure(.interrupted, "")
  /// Whoever read the output has gone: no reason for a message.
  static let outputClosed = CommandFailure(.outputClosed, "")
}

/// A command that fails with a sentence and a code.
protocol ReportingCommand: ParsableCommand {
  /// Does what the command is for. Throws `CommandFailure`, or what `run` makes one of.
  func execute() throws
}

extension ReportingCommand {
  func run() throws {
    do { try execute() } catch { throw Console.report(error) }
  }
}

/// A command that waits for something, and fails with a sentence and a code.
protocol AsyncReportingCommand: AsyncParsableCommand {
  /// Does what the command is for. Throws `CommandFailure`, or what `run` makes one of.
  func execute() async throws
}

extension AsyncReportingCommand {
  func run() async throws {
    do { try await execute() } catch { throw Console.report(error) }
  }
}

extension Console {
  /// Tells why a command failed, and gives what the parser turns into the exit code.
  static func report(_ error: any Error) -> any Error {
    switch error {
    case let failure as CommandFailure:
      if !failure.description.isEmpty { Console.error(failure.description) }
      return failure.status.code
    case let failure as ClientFailure: return report(CommandFailure(failure))
    case let refusal as ConfigurationRefusal: return refused(refusal)
    default: return error
    }
  }
}
