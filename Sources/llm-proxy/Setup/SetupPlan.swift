import FoundationEssentials
import Glibc
import ProxyConfig
import ProxyCore
import ProxyStore

/// What `setup` is going to do.
struct SetupPlan {
  /// The file to write.
  var file: String
  /// The provider's key; needed for a project.
  var providerKey: Secret?
  /// `nil` makes a new one.
  var managementToken: Secret?
  /// Base64 of the key that seals provider keys; `nil` keeps that of the file, or makes one for a new database.
  var encryptionKey: Secret?
  /// The SQLite file.
  var database = "data/llm-proxy.db"
  /// Where the server will accept connections.
  var address = "localhost:8080"
  /// Name of the first project.
  var project = "DefaultProject"
  /// Lifetime of the first token.
  var lifetime = LifetimeArgument(seconds: 86_400)
  /// False makes neither project nor token.
  var makesProject = true

  /// A plan with the defaults.
  init(file: String) {
    self.file = file
  }

  /// True when there is a file already.
  var fileExists: Bool { access(file, F_OK) == 0 }

  /// Refuses what cannot work before anything is written.
  func check() throws {
    guard !makesProject || providerKey != nil else {
      throw CommandFailure(
        .usage,
        "no provider key: give --openai-key or set OPENAI_API_KEY, or make no project with --skip-project")
    }
    for (name, secret) in [("the provider key", providerKey), ("the management token", managementToken)] {
      let isVisible = secret?.revealBytes().allSatisfy { $0 > 0x20 && $0 < 0x7f } ?? true
      guard isVisible else {
        throw CommandFailure(
          .usage, "\(name) holds a space or a character that is not ASCII; check how it was copied")
      }
    }
    // The server's own reader judges the values, so that what is written is what it accepts.
    var variables = ProcessInfo.processInfo.environment
    variables["LISTEN_ADDR"] = address
    variables["DATABASE_PATH"] = database
    variables["MANAGEMENT_TOKEN"] = managementToken?.revealText() ?? "to-be-made"
    if let encryptionKey { variables["ENCRYPTION_KEY"] = encryptionKey.revealText() }
    _ = try Configuration.load(flags: ServerFlags(), environment: Environment(variables))
  }

  /// Makes the file ready, then project and token, then puts the file in its place: a failure on the way leaves no
  /// file that speaks of what does not exist, and an interruption at most a project more.
  func carryOut() async throws -> SetupResult {
    var plan = self
    let old = try EnvironmentDocument.read(file)
    let isNewToken = plan.managementToken == nil
    let token = plan.managementToken ?? Secret(Self.randomHex(bytes: 32))
    plan.encryptionKey = plan.encryptionKey ?? old.encryptionKey ?? newKey()
    let document = old.replaced(with: plan.variables(token))
    let writing = try document.prepare(at: file)
    do {
      var result = SetupResult(file: file, address: address)
      result.managementToken = isNewToken ? token : nil
      if makesProject { result.issued = try await FirstProject.make(plan) }
      try writing.commit()
      return result
    } catch {
      writing.discard()
      throw error
    }
  }

  private func variables(_ token: Secret) -> [(String, String)] {
    var variables = [("MANAGEMENT_TOKEN", token.revealText())]
    if let providerKey { variables.append(("OPENAI_API_KEY", providerKey.revealText())) }
    variables += [("DATABASE_PATH", database), ("LISTEN_ADDR", address), ("LOG_LEVEL", "info")]
    if let encryptionKey { variables.append(("ENCRYPTION_KEY", encryptionKey.revealText())) }
    return variables
  }

  /// A key for a database that does not exist yet. One that exists may hold keys in clear, and goes on so.
  private func newKey() -> Secret? {
    guard access(database, F_OK) != 0 else { return nil }
    return Secret(Data(Self.randomBytes(32)).base64EncodedString())
  }

  private static func randomBytes(_ count: Int) -> [UInt8] {
    // The system's generator is a cryptographic one on every platform.
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  private static func randomHex(bytes count: Int) -> String {
    randomBytes(count).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
