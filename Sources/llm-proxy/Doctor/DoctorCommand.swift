import ArgumentParser
import Glibc
import ProxyConfig
import ProxyCore

/// `llm-proxy doctor`: looks at everything that a server needs, and says what to do about what is wrong.
struct DoctorCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check settings, database, plugins, ports, server, providers and clock.",
    discussion: """
      Takes the flags of `server` and looks at what it would use. Starts and changes nothing; a server may run or not. \
      Ends with 0 when there is no problem (warnings are none), else with 1.
      """)

  @OptionGroup var options: ServerOptions

  @Flag(help: "Ask neither the server nor providers.")
  var offline = false

  @Option(help: ArgumentHelp("Time for each answer.", valueName: "duration"))
  var timeout = SpanArgument(seconds: 5)

  @Option(
    help: ArgumentHelp("PEM file with the authorities to trust (default: the system's).", valueName: "file"))
  var caFile: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func execute() throws {
    var findings: [Finding] = []
    if let configuration = Self.configuration(options, &findings) {
      let file = FileChecks(configuration, environmentFile: options.environmentFile)
      findings += file.environmentFile() + file.secrets() + file.database() + file.plugins() + file.logs()
      findings += [ProcessChecks.openFiles()]
      findings += try network(configuration)
    }
    let problems = findings.filter { $0.grade == .problem }.count
    if json {
      let document: JSONValue = [
        "ok": .bool(problems == 0), "findings": .array(findings.map(\.document)),
      ]
      Console.output(document.indented())
    } else {
      let terminal = Terminal(STDOUT_FILENO)
      Console.output(findings.flatMap { $0.lines(terminal) }.joined(separator: "\n"))
    }
    if problems > 0 {
      throw CommandFailure(.failure, problems == 1 ? "there is a problem" : "there are \(problems) problems")
    }
  }

  private func network(_ configuration: Configuration) throws -> [Finding] {
    let checks = try NetworkChecks(configuration, timeout: timeout.duration, authorityFile: caFile)
    let (port, isServing) = checks.port()
    guard !offline else { return [port] + [ProcessChecks.clock(against: nil, of: "")] }
    var findings = [port]
    if isServing { findings += checks.server() }
    findings += checks.providers()
    return findings + [ProcessChecks.clock(against: checks.foreignTime, of: checks.foreignHost)]
  }

  private static func configuration(_ options: ServerOptions, _ findings: inout [Finding]) -> Configuration? {
    do throws(ConfigurationRefusal) {
      let configuration = try options.load()
      findings.append(.ok("settings", "\(configuration.settings.count) settings can be used"))
      findings += configuration.warnings.map {
        .warning("settings", "\($0)", "see docs/configuration.md, or leave it out")
      }
      return configuration
    } catch {
      findings += error.errors.map { mistake in
        let place = mistake.line.map { "\(mistake.file):\($0)" } ?? mistake.file
        let key = mistake.key.isEmpty ? "" : "\(mistake.key): "
        return .problem("settings", "\(place): \(key)\(mistake.problem)", mistake.remedy)
      }
      return nil
    }
  }
}
