import Testing

@testable import ProxyConfig

@Suite struct AdminSettingsTests {
  private func load(_ variables: [String: String], _ flags: AdminFlags = AdminFlags()) throws
    -> AdminServerSettings
  {
    let all = ["MANAGEMENT_TOKEN": "0123456789abcdef0123"].merging(variables) { $1 }
    return try AdminServerSettings.load(flags: flags, environment: Environment(all))
  }

  @Test func flagsWinOverVariablesAndThoseOverDefaults() throws {
    let standard = try load([:])
    #expect(standard.listen == ListenAddress(host: "", port: 8081))
    #expect(standard.apiBaseURL == "http://localhost:8080")
    let variables = ["ADMIN_UI_LISTEN_ADDR": ":9000", "ADMIN_UI_API_BASE_URL": "https://proxy.example.org"]
    #expect(try load(variables).listen.port == 9000)
    #expect(try load(variables).apiBaseURL == "https://proxy.example.org")
    var flags = AdminFlags()
    flags.listen = "127.0.0.1:9001"
    flags.managementToken = "another-token-0123456789"
    let read = try load(variables, flags)
    #expect(read.listen == ListenAddress(host: "127.0.0.1", port: 9001))
    #expect(read.managementToken.revealText() == "another-token-0123456789")
  }

  @Test(arguments: [
    ["ADMIN_UI_LISTEN_ADDR": "nowhere"], ["ADMIN_USER": "alice"], ["ADMIN_SESSION_LIFETIME": "-1s"],
    ["ADMIN_UI_API_BASE_URL": "ftp://x"],
  ])
  func mistakesAreRefused(variables: [String: String]) {
    #expect(throws: ConfigurationRefusal.self) { try load(variables) }
  }

  @Test(
    arguments: [
      ("default", SettingOrigin.Kind.standard, nil), ("flag --addr", .flag, "--addr"),
      ("environment LOG_LEVEL", .environment, "LOG_LEVEL"), (".env:3 LOG_LEVEL", .environmentFile, ".env:3"),
      ("my config.yaml:12", .file, "my config.yaml:12"), ("built-in defaults:4", .standard, nil),
    ] as [(String, SettingOrigin.Kind, String?)])
  func originsAreTakenApart(source: String, kind: SettingOrigin.Kind, location: String?) {
    let origin = SettingOrigin(source: source, defaultsFile: DefaultConfiguration.file)
    #expect(origin.kind == kind && origin.location == location)
  }

  @Test func settingsHaveAMeaning() {
    #expect(ConfigurationReference.meaning(of: "ADMIN_USER")?.variable == "ADMIN_USER")
    #expect(ConfigurationReference.meaning(of: "apis.openai.base_url") != nil)
    #expect(ConfigurationReference.meaning(of: "listen")?.variable == "LISTEN_ADDR")
    #expect(ConfigurationReference.meaning(of: "nothing.of.the.kind") == nil)
  }
}
