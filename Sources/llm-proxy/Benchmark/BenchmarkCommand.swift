import ArgumentParser
import Glibc
import ProxyClient
import ProxyConfig
import ProxyCore

/// `llm-proxy benchmark`: sends requests and measures the answers.
struct BenchmarkCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Measure a proxy: latency, throughput, streams.",
    discussion: """
      Without --rate each of the --concurrency clients sends its next request when its last was answered. With --rate \
      requests are sent on time whether others were answered or not, and their latency counts from the moment they were \
      due. Ends with 0 when every answer was a success, 1 when some were not, 2 when there was none.

      Examples:
        llm-proxy benchmark -r 1000 -c 20
        llm-proxy benchmark --duration 30s --rate 50 --stream --output json
      """)

  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(
    help: ArgumentHelp(
      "The proxy (default: PROXY_URL, else where LISTEN_ADDR says, else http://localhost:8080).",
      valueName: "url"))
  var baseURL: String?

  @Option(help: ArgumentHelp("Path of the requests.", valueName: "path"))
  var endpoint = "/v1/chat/completions"

  @Option(help: "Method of the requests.")
  var method = "POST"

  @Option(
    help: ArgumentHelp("The access token, @file, or - for a line of standard input.", valueName: "token"))
  var token: SecretArgument?

  @Option(help: ArgumentHelp("Variable with the access token, when --token is not given.", valueName: "name"))
  var tokenEnv = "PROXY_TOKEN"

  @Option(
    name: [.customShort("r"), .long],
    help: ArgumentHelp("Requests to send (default: 1).", valueName: "number"))
  var requests: Int?

  @Option(
    name: [.customShort("c"), .long],
    help: ArgumentHelp("Requests under way at most (default: 1; 1000 with --rate).", valueName: "number"))
  var concurrency: Int?

  @Option(
    help: ArgumentHelp("Send for this long, such as 30s; --requests ends it earlier.", valueName: "duration"))
  var duration: SpanArgument?

  @Option(help: ArgumentHelp("Requests a second.", valueName: "number"))
  var rate: Double?

  @Option(help: ArgumentHelp("Time for each answer.", valueName: "duration"))
  var timeout = SpanArgument(seconds: 10)

  @Option(help: ArgumentHelp("Model in the request (default: MODEL, else gpt-4.1-mini).", valueName: "name"))
  var model: String?

  @Option(help: ArgumentHelp("Body of the requests, or @file; a short chat unless given.", valueName: "text"))
  var data: String?

  @Option(help: ArgumentHelp("A header field, any number of times.", valueName: "name: value"))
  var header: [String] = []

  @Flag(help: "Ask for streams, and measure their events.")
  var stream = false

  @Flag(help: "Let answers be cached: sends Cache-Control: public.")
  var cache = false

  @Option(help: ArgumentHelp("Seconds a cached answer is good for, with --cache.", valueName: "seconds"))
  var cacheTTL = 86_400

  @Flag(help: "Show one answer of each status on standard error.")
  var debug = false

  @Option(
    name: .customLong("env"), help: ArgumentHelp("File with variables (default: .env).", valueName: "file"))
  var environmentFile: String?

  @Option(
    help: ArgumentHelp("PEM file with the authorities to trust (default: the system's).", valueName: "file"))
  var caFile: String?

  func validate() throws {
    if let requests, requests < 1 { throw ValidationError("--requests must be 1 or more") }
    if let concurrency, !(1...10_000).contains(concurrency) {
      throw ValidationError("--concurrency must be between 1 and 10000")
    }
    if let rate, !(rate > 0 && rate <= 1_000_000) { throw ValidationError("--rate must be above 0") }
    guard endpoint.hasPrefix("/"), endpoint.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x23 }) else {
      throw ValidationError("--endpoint must be a path such as /v1/models")
    }
    for line in header where !line.contains(":") { throw ValidationError("--header needs \"Name: value\"") }
  }

  func execute() throws {
    let plan = try plan()
    let interruption = try Interruption()
    let run = try BenchmarkRun(plan, interruption)
    let result = try run.execute()
    try BenchmarkReport(plan, result).print(output.format)
    if debug { BenchmarkReport.showSamples(result) }
    if run.wasInterrupted { throw CommandFailure.interrupted }
    let received = result.statuses.values.reduce(0, +)
    if received == 0 { throw CommandFailure(.unreachable, result.firstFailure ?? "there was no answer") }
    if result.failed > 0 {
      throw CommandFailure(.failure, "\(result.failed) of \(result.count) requests failed")
    }
  }

  private func plan() throws -> BenchmarkPlan {
    let environment = try Environment.process(file: environmentFile)
    let address = baseURL ?? environment["PROXY_URL"] ?? ConnectionOptions.listening(environment)
    let server = try ProxyOptions.server(address)
    var plan = BenchmarkPlan(ClientRequest(method.uppercased(), server, endpoint))
    plan.request.credentials = try token?.secret() ?? environment[tokenEnv].map { Secret($0) }
    plan.request.body = try body(environment)
    plan.request.headers = fields
    plan.limit = requests ?? (duration == nil ? 1 : nil)
    plan.duration = duration?.duration
    plan.rate = rate
    plan.concurrency = concurrency ?? (rate == nil ? 1 : 1_000)
    plan.timeout = timeout.duration
    plan.authorityFile = caFile
    plan.isStreaming = stream
    plan.keepsSamples = debug
    return plan
  }

  private var fields: [(name: String, value: String)] {
    var fields: [(name: String, value: String)] = header.map { line in
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]).trimmed, String(parts[1]).trimmed)
    }
    let given = Set(fields.map { $0.name.lowercased() })
    if !given.contains("content-type"), method.uppercased() != "GET" {
      fields.append(("Content-Type", "application/json"))
    }
    if cache { fields.append(("Cache-Control", "public, max-age=\(cacheTTL)")) }
    return fields
  }

  private func body(_ environment: Environment) throws(CommandFailure) -> [UInt8]? {
    if let data {
      return Array((data.hasPrefix("@") ? try InputText.file(String(data.dropFirst())) : data).utf8)
    }
    guard ["POST", "PUT", "PATCH"].contains(method.uppercased()) else { return nil }
    var members: [JSONValue.Member] = [
      .init(name: "model", value: .string(model ?? environment["MODEL"] ?? "gpt-4.1-mini")),
      .init(name: "messages", value: [["role": "user", "content": "Hello"]]),
    ]
    if stream { members.append(.init(name: "stream", value: .bool(true))) }
    return JSONValue.object(members).bytes
  }
}
