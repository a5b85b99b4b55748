import Foundation
import GRDB
import ProxyCore
import Synchronization

@testable import ProxyStore

/// A folder of its own for one test, removed with the value.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/store-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    // Nobody waits for the answer, and a folder left behind in the system's temporary folder harms nobody.
    try? FileManager.default.removeItem(atPath: path)
  }

  var database: String { path + "/llm-proxy.db" }

  /// Options with short waits, so that tests of failures do not take long.
  func options(_ change: (inout StoreOptions) -> Void = { _ in }) -> StoreOptions {
    var options = StoreOptions(path: database)
    options.busyTimeout = .milliseconds(50)
    options.tickInterval = .milliseconds(20)
    // Tests write entries of long ago.
    options.usageRetention = nil
    options.rollupRetention = nil
    change(&options)
    return options
  }

  func open(_ change: (inout StoreOptions) -> Void = { _ in }) throws -> Store { try Store(options(change)) }

  /// Another program's connection to the file.
  func stranger() throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    // Locks are held from one call to the next.
    configuration.allowsUnsafeTransactions = true
    return try DatabaseQueue(path: database, configuration: configuration)
  }

  func mode(_ suffix: String = "") throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: database + suffix)[.posixPermissions] as? Int
  }
}

/// Makes a file exactly as the Go program does, with its value formats.
enum GoFile {
  static let schema = """
    CREATE TABLE IF NOT EXISTS projects (
        id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, api_key TEXT NOT NULL,
        is_active BOOLEAN NOT NULL DEFAULT 1, deactivated_at DATETIME,
        created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
        updated_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP);
    CREATE INDEX IF NOT EXISTS idx_projects_name ON projects(name);
    CREATE TABLE IF NOT EXISTS tokens (
        id TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, project_id TEXT NOT NULL, expires_at DATETIME,
        is_active BOOLEAN NOT NULL DEFAULT 1, deactivated_at DATETIME,
        request_count INTEGER NOT NULL DEFAULT 0, max_requests INTEGER,
        created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, last_used_at DATETIME,
        cache_hit_count INTEGER NOT NULL DEFAULT 0,
        FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE);
    CREATE INDEX IF NOT EXISTS idx_tokens_token ON tokens(token);
    CREATE INDEX IF NOT EXISTS idx_tokens_project_id ON tokens(project_id);
    CREATE INDEX IF NOT EXISTS idx_tokens_expires_at ON tokens(expires_at);
    CREATE INDEX IF NOT EXISTS idx_tokens_is_active ON tokens(is_active);
    CREATE TABLE IF NOT EXISTS audit_events (
        id TEXT PRIMARY KEY, timestamp DATETIME NOT NULL, action TEXT NOT NULL, actor TEXT NOT NULL,
        project_id TEXT, request_id TEXT, correlation_id TEXT, client_ip TEXT,
        method TEXT, path TEXT, user_agent TEXT,
        outcome TEXT NOT NULL CHECK (outcome IN ('success', 'failure')), reason TEXT, token_id TEXT,
        metadata TEXT);
    CREATE INDEX IF NOT EXISTS idx_audit_timestamp ON audit_events(timestamp);
    """

  static let project = "7b1c2d3e-0000-4000-8000-000000000001"
  /// Secrets as the Go program makes them: version 7 UUIDs in base64url.
  static let secrets = [
    "sk-AZXoqqqrcQiKT3_p9k9bRQ", "sk-AZXoqqqrcQiKT3_p9k9b-_", "sk-AZXoqqqrcQiKT3_p9k9bAA",
  ]

  static func make(at path: String, tokens: [String], apiKey: String) throws {
    let database = try DatabaseQueue(path: path)
    try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    try database.write { db in
      try db.execute(sql: schema)
      try db.execute(
        sql:
          """
          INSERT INTO projects (id, name, api_key, is_active, created_at, updated_at)
          VALUES (?, 'go', ?, 1, ?, ?)
          """,
        arguments: [project, apiKey, "2025-11-02 10:11:12.123456789+00:00", "2025-11-02 10:11:12+00:00"])
      for (index, token) in tokens.enumerated() {
        try db.execute(
          sql: """
            INSERT INTO tokens (id, token, project_id, expires_at, is_active, request_count, max_requests,
              created_at, last_used_at, cache_hit_count) VALUES (?, ?, ?, ?, 1, ?, ?, ?, NULL, 2)
            """,
          arguments: [
            "7b1c2d3e-0000-4000-9000-00000000000\(index)", token, project, expiries[index], 4,
            index == 1 ? 10 : nil,
            "2025-11-02 10:11:1\(index).5-05:00",
          ])
      }
      try db.execute(
        sql:
          """
          INSERT INTO audit_events (id, timestamp, action, actor, outcome)
          VALUES ('a', ?, 'token.create', 'go', 'success')
          """,
        arguments: ["2025-11-02 10:11:12.5-05:00"])
    }
    try database.close()
  }

  /// In the future, never, and over since 1 ms before the year 2020 in a zone where the text looks later than
  /// it is.
  static let expiries: [String?] = ["2099-12-31 23:59:59.999+09:00", nil, "2020-01-01 04:59:59.999+05:00"]

  static func hash(_ secret: String) -> String { secret.tokenHash?.hex ?? "" }
}

extension Store {
  func accessToken(_ secret: Secret) -> AccessToken? {
    secret.withUnsafeBytes { directory.token(presented: $0) }
  }

  func lookUp(_ secret: Secret, at now: Int64 = Clocks.unixMilliseconds()) -> PresentedToken {
    secret.withUnsafeBytes { directory.lookUp(presented: $0, nowMilliseconds: now) }
  }

  func load(_ secret: Secret, at now: Int64 = Clocks.unixMilliseconds()) async -> LoadOutcome {
    await withCheckedContinuation { continuation in
      secret.withUnsafeBytes {
        directory.load(presented: $0, nowMilliseconds: now) { continuation.resume(returning: $0) }
      }
    }
  }

  /// Returns after everything recorded so far is in the file.
  func flush() async throws { try await writer.write { _ in } }

  /// Returns after the directory has seen everything that was committed by anyone before the call.
  func catchUp() async -> Bool {
    await withCheckedContinuation { continuation in writer.sync { continuation.resume(returning: $0) } }
  }

  func makeProject(_ name: String = "p") async throws -> ProjectRecord {
    try await createProject(
      ProjectCreation(name: name, providerKey: Secret("sk-upstream-key-0123456789abcdef")))
  }

  func makeToken(_ project: String, limit: Int64? = nil) async throws -> IssuedToken {
    try await createToken(TokenCreation(projectID: project, expiresAt: nil, maxRequests: limit))
  }
}

extension AccessToken {
  /// Takes one count, waiting for leases as long as there are any.
  func takeWaiting() async -> TakeOutcome {
    while true {
      let outcome: TakeOutcome = await withCheckedContinuation { continuation in
        let outcome = take(nowMilliseconds: Clocks.unixMilliseconds()) {
          continuation.resume(returning: .pending)
        }
        if outcome != .pending { continuation.resume(returning: outcome) }
      }
      if outcome != .pending { return outcome }
    }
  }

  /// Takes until nothing is left, from `width` tasks at once; returns how many were taken.
  static func drain(_ tokens: [AccessToken], width: Int) async -> Int {
    await withTaskGroup(of: Int.self) { group in
      for index in 0..<width {
        let token = tokens[index % tokens.count]
        group.addTask {
          var taken = 0
          while await token.takeWaiting() == .taken { taken += 1 }
          return taken
        }
      }
      return await group.reduce(0, +)
    }
  }

  func state() -> TokenState { state(nowMilliseconds: Clocks.unixMilliseconds()) }
}
