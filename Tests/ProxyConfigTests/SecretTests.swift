import ProxyCore
import Testing

@testable import ProxyConfig

@Suite("Secrets")
struct SecretTests {
  private let secret = Secret("sk-canary-0123456789")

  @Test("no way of printing shows the secret or its length")
  func printing() throws {
    var boot = BootSettings(managementToken: secret)
    boot.database.encryptionKey = secret
    var api = APISettings(name: "a", baseURL: try UpstreamOrigin(parsing: "https://a.example"))
    api.apiKey = secret
    var dumped = ""
    dump(boot, to: &dumped)
    dump(api, to: &dumped)
    dump(Optional(secret), to: &dumped)
    let texts = [
      "\(secret)", String(reflecting: secret), "\(boot)", String(reflecting: boot), "\(api)", "\([secret])",
      dumped,
    ]
    // As a number of its own: its digits may stand within another number.
    let length = try Regex("\\b\(secret.count)\\b")
    for text in texts {
      #expect(!text.contains("canary"))
      #expect(text.firstMatch(of: length) == nil, "\(text)")
      #expect(!text.contains("115, 107"))
    }
  }

  @Test("equality is by bytes")
  func equality() {
    #expect(secret == Secret("sk-canary-0123456789"))
    #expect(secret != Secret("sk-canary-0123456788"))
    #expect(secret != Secret("sk-canary-012345678"))
    #expect(secret != Secret("sk-canary-01234567890"))
    #expect(secret != Secret(""))
    #expect(Secret("") == Secret([UInt8]()))
  }

  @Test("settings that were read show no secret, whichever way they came in")
  func configuration() throws {
    let yaml =
      "apis:\n  a: { base_url: https://a.example, api_key: '${KEY}', allowed_endpoints: [/v1/a], "
      + "allowed_methods: [GET] }\n"
    let report = Report()
    let environment = Environment([
      "MANAGEMENT_TOKEN": "sk-canary-management", "KEY": "sk-canary-provider",
      "DATABASE_URL": "postgres://u:sk-canary@h/d",
    ])
    let settings = SettingReader(environment: environment, report: report)
    settings.checkVariables()
    var interpolation = Interpolation { settings.interpolated($0) }
    let root = try #require(
      YAMLDocument.read(yaml, file: "c.yaml", interpolation: &interpolation, report: report))
    let file = Section(root, path: "", pattern: "", report: report)
    let boot = BootReader(settings: settings, file: file, isFolder: { _ in false }).read()
    let apis = APIReader(settings: settings, usesMock: false).read(try #require(root["apis"]))
    #expect(apis.first?.apiKey == Secret("sk-canary-provider"))
    let shown =
      "\(boot) \(apis) \(report.settings) \(report.warnings) \(report.errors) \(apis.map(\.settingsJSON))"
    #expect(!shown.contains("canary"))
  }
}
