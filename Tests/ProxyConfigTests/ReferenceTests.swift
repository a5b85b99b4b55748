import Foundation
import Testing

@testable import ProxyConfig

@Suite("docs/configuration.md")
struct ReferenceTests {
  @Test("the generated part is what the tables say")
  func isCurrent() throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appendingPathComponent("docs/configuration.md")
    let text = try String(contentsOf: path, encoding: .utf8)
    let begin = try #require(text.range(of: ConfigurationReference.beginMark + "\n"))
    let end = try #require(text.range(of: ConfigurationReference.endMark))
    let generated = ConfigurationReference.markdown()
    if GoldenCase.isUpdating {
      let updated = text.replacingCharacters(in: begin.upperBound..<end.lowerBound, with: generated)
      try updated.write(to: path, atomically: true, encoding: .utf8)
    } else {
      #expect(text[begin.upperBound..<end.lowerBound] == generated, "run the tests with UPDATE_GOLDEN=1")
    }
  }

  @Test("every variable that a key names is a variable")
  func variables() {
    for key in ConfigurationKey.all {
      if let variable = key.variable { #expect(EnvironmentVariable.named[variable] != nil, "\(key.path)") }
    }
  }

  @Test("every variable of the built-in pipeline is in the table of those")
  func stageVariables() throws {
    let report = Report()
    var interpolation = Interpolation { _ in nil }
    let root = YAMLDocument.read(
      DefaultConfiguration.text, file: DefaultConfiguration.file, interpolation: &interpolation,
      report: report)
    #expect(root != nil)
    #expect(report.errors.isEmpty)
    let others: Set = ["OPENAI_API_URL", "LOG_MAX_SIZE_MB", "LOG_MAX_BACKUPS"]
    #expect(interpolation.names.subtracting(others) == EnvironmentVariable.stageNames)
  }
}
