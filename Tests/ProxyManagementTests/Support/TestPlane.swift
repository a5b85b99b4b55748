import Foundation
import Logging
import ProxyConfig
import ProxyCore
import ProxyStore
import Testing

@testable import ProxyManagement

/// A control plane on a database of its own in a folder of its own.
final class TestPlane: Sendable {
  static let token = "management-token-7f3a9c"
  static let key = "sk-upstream-key-0123456789abcdef"

  let folder: String
  let store: Store
  let faults: FaultyState
  let auditLog: AuditLog
  let logs = LogCollector()
  private let plane: ManagementPlane

  private init(_ server: (any LiveServer)?, _ adjust: (inout ManagementSettings) -> Void) throws {
    let name = "management-tests-\(UUID().uuidString)"
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    store = try Store(StoreOptions(path: folder + "/db.sqlite"))
    faults = FaultyState(store)
    let logger = logs.logger
    auditLog = try AuditLog(path: folder + "/audit/audit.log", createsDirectory: true, logger: logger)
    var settings = ManagementSettings(token: Secret(Self.token))
    adjust(&settings)
    plane = try ManagementPlane(
      settings: settings, state: faults, metrics: FixedMetrics(), server: server, auditLog: auditLog,
      logger: logger)
  }

  /// Runs a test on a fresh control plane with other settings and cleans up after it.
  static func run(
    server: (any LiveServer)? = nil, with adjust: (inout ManagementSettings) -> Void = { _ in },
    _ body: (TestPlane) async throws -> Void
  ) async throws {
    let plane = try TestPlane(server, adjust)
    defer { try? FileManager.default.removeItem(atPath: plane.folder) }
    do {
      try await body(plane)
    } catch {
      await plane.store.close()
      throw error
    }
    await plane.store.close()
  }

  /// As before the end of the process.
  func endStreams() { plane.endStreams() }

  /// Sends one request as the listener would.
  func raw(
    _ method: String, _ target: String, headers: [(String, String)] = [], body: [UInt8] = [],
    peer: String = "192.0.2.1"
  ) async -> Answer {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let request = ControlRequest(
      method: method, path: parts[0], query: parts.count > 1 ? parts[1] : "", headers: headers, body: body,
      peer: peer)
    let response = await plane.respond(to: request)
    switch response.body {
    case .bytes(let bytes): return Answer(status: response.status, headers: response.headers, body: bytes)
    case .stream(let stream):
      var bytes: [UInt8] = []
      var pieces = 0
      for await piece in stream {
        bytes += piece
        pieces += 1
      }
      return Answer(status: response.status, headers: response.headers, body: bytes, pieces: pieces)
    }
  }

  /// Sends a request with the right management token.
  func send(
    _ method: String, _ target: String, _ body: JSONValue? = nil, headers: [(String, String)] = []
  ) async -> Answer {
    await raw(
      method, target, headers: [("authorization", "Bearer \(Self.token)")] + headers, body: body?.bytes ?? [])
  }

  /// Sends a body that may not be JSON.
  func send(_ method: String, _ target: String, text: String) async -> Answer {
    await raw(method, target, headers: [("authorization", "Bearer \(Self.token)")], body: Array(text.utf8))
  }

  /// Makes a project and returns its id.
  func makeProject(_ name: String = "alpha") async throws -> String {
    let answer = await send(
      "POST", "/manage/projects", ["name": .string(name), "api_key": .string(Self.key)])
    try #require(answer.status == 201)
    return answer.string("id")
  }

  /// Makes a token and returns its id and secret.
  func makeToken(_ project: String, _ more: [JSONValue.Member] = []) async throws -> (
    id: String, secret: String
  ) {
    let fields: [JSONValue.Member] = [
      .init(name: "project_id", value: .string(project)),
      .init(name: "duration_minutes", value: .integer(60)),
    ]
    let answer = await send("POST", "/manage/tokens", .object(fields + more))
    try #require(answer.status == 201)
    return (answer.string("id"), answer.string("token"))
  }

  /// The audit trail's rows that match a query, newest first.
  func events(_ query: String) async throws -> [JSONValue] {
    let answer = await send("GET", "/manage/audit?\(query)")
    try #require(answer.status == 200)
    guard case .array(let events) = answer.json["events"] else {
      Issue.record("events is no array: \(answer.text)")
      return []
    }
    return events
  }

  /// The audit file's lines.
  func auditLines() async throws -> [JSONValue] {
    await auditLog.flush()
    let text = try String(contentsOfFile: folder + "/audit/audit.log", encoding: .utf8)
    return try text.split(separator: "\n").map { try JSONReader.firstValue(of: Array($0.utf8)) }
  }
}

/// What came back.
struct Answer: Sendable {
  var status: UInt16
  var headers: [(String, String)]
  var body: [UInt8]
  /// Pieces of a streamed body; 0 when it came as a whole.
  var pieces = 0

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The body as a document; `null`, and an issue, when it is none.
  var json: JSONValue {
    do {
      return try JSONReader.firstValue(of: body)
    } catch {
      Issue.record("no JSON: \(text)")
      return .null
    }
  }

  func header(_ name: String) -> String? {
    let found = headers.filter { $0.0.lowercased() == name.lowercased() }
    return found.count == 1 ? found[0].1 : nil
  }

  /// A text of the object; empty, and an issue, when it is not there.
  func string(_ name: String) -> String {
    if let text = json[name]?.string { return text }
    Issue.record("no text \(name): \(text)")
    return ""
  }

  /// The text of `error`, after a check of the form all errors have.
  var error: String {
    #expect(header("Content-Type") == "application/json")
    #expect(body.last == UInt8(ascii: "\n"))
    #expect(names == ["error", "code"] || names == ["error", "code", "param"])
    return string("error")
  }

  /// The keys of the object, in order.
  var names: [String] { json.names }
}

extension JSONValue {
  var names: [String] {
    guard case .object(let members) = self else { return [] }
    return members.map(\.name)
  }

  var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  var elements: [JSONValue] {
    if case .array(let elements) = self { elements } else { [] }
  }
}

/// Metrics that do not change.
struct FixedMetrics: MetricsSource {
  func prometheus() async -> String {
    "# TYPE llm_proxy_requests_total counter\nllm_proxy_requests_total 0\n"
  }
  func json() async -> String { "{\"request_count\":0}\n" }
}
