import Testing

@testable import ProxyPluginHost

@Suite
struct PluginStampTests {
  @Test("reads the fields in any order and ignores what it does not know")
  func reads() throws {
    let text = "runtime=swift-shared 6.3.1;sdk=9;abi=0.3;min=1;id=a.b;version=1.2.3-rc.1"
    let stamp = try PluginStamp(Array(text.utf8) + [0, 0], file: "a.so")
    #expect(stamp.abiMajor == 0 && stamp.abiMinor == 3 && stamp.minHostMinor == 1)
    #expect(stamp.id == "a.b" && stamp.version == "1.2.3-rc.1" && stamp.runtime == "swift-shared 6.3.1")
  }

  @Test(
    "refuses what is incomplete or ambiguous",
    arguments: [
      ("", "has no abi="), ("abi=0.0;min=0;id=;version=1;runtime=c", "has no id="),
      ("abi=0;min=0;id=a;version=1;runtime=c", "abi=0, expected"),
      ("abi=0.0;min=x;id=a;version=1;runtime=c", "min=x, expected a number"),
      ("abi=0.0;abi=0.0;min=0;id=a;version=1;runtime=c", "repeats abi="),
      ("abi=0.0;min=0;id=a;version=1;runtime=c\u{0}abi=0.0", "holds two texts"),
    ])
  func refuses(_ text: String, _ words: String) throws {
    let error = try #require(throws: PluginError.self) { _ = try PluginStamp(Array(text.utf8), file: "a.so") }
    #expect(error.problem.contains(words), "\(error)")
    #expect(error.remedy.contains("LLMP_STAMP"))
  }

  @Test("the shared Swift runtime must be the host's own")
  func swiftRuntime() throws {
    func stamp(_ runtime: String) throws -> PluginStamp {
      try PluginStamp(Array("abi=0.0;min=0;id=a;version=1;runtime=\(runtime)".utf8), file: "a.so")
    }
    try stamp("swift-shared 6.3.1").check(file: "a.so", swiftVersion: "6.3.1")
    try stamp("swift-static 5.9").check(file: "a.so", swiftVersion: "6.3.1")
    for runtime in ["swift-shared 6.3.2", "swift-shared"] {
      #expect(throws: PluginError.self) { try stamp(runtime).check(file: "a.so", swiftVersion: "6.3.1") }
    }
    #expect(
      try stamp("cobol").warnings(file: "a.so").map(\.text) == [
        "names a runtime this host knows nothing about: \"cobol\""
      ])
    #expect(HostToolchain.swiftVersion.hasPrefix("6."))
  }
}
