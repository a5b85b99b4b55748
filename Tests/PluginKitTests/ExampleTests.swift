import CLLMProxyPlugin
import Foundation
import Testing

/// The examples of the documentation, built by the commands of the documentation.
@Suite struct ExampleTests {
  private static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func build(_ language: String, _ file: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "example-\(UUID().uuidString)")
    _ = try Tool.run("sh", ["docs/examples/\(language)/build.sh", folder.path], in: Self.root)
    return folder.appending(path: file).path
  }

  private func expectAnswers(_ path: String) throws {
    defer {
      // The image stays mapped; a file that stays behind in the temporary directory does no harm.
      try? FileManager.default.removeItem(at: URL(fileURLWithPath: path).deletingLastPathComponent())
    }
    let module = try PluginImage(path: path).module
    try PluginFileTests.expectStamp(of: path, module.pointee)
    let stage = try FakeStage(module)
    #expect(stage.presentHooks == ["request_body"])
    for (model, denied) in [("gpt-3.5-turbo", true), ("gpt-4o", false), ("gpt-3", false), ("", false)] {
      let exchange = FakeExchange(stage.host)
      exchange.texts[LLMP_META_MODEL] = Array(model.utf8)
      #expect(try stage.requestBody(exchange) == (denied ? LLMP_RESPOND : LLMP_CONTINUE))
      #expect(exchange.reply?.status == (denied ? 403 : nil))
      #expect(exchange.reply?.code == (denied ? "model_not_allowed" : nil))
    }
    let none = FakeExchange(stage.host)
    #expect(try stage.requestBody(none) == LLMP_CONTINUE)
    stage.requestDone(none)
  }

  @Test func theCExampleAnswers() throws { try expectAnswers(build("c", "deny.so")) }

  @Test func theSwiftExampleAnswers() throws { try expectAnswers(build("swift", "deny-swift.so")) }

  @Test(arguments: ["c/deny.c", "swift/Deny.swift", "c/build.sh", "swift/build.sh"])
  func theDocumentationShowsWhatIsTested(_ file: String) throws {
    let document = try String(
      contentsOf: Self.root.appending(path: "docs/writing-a-plugin.md"), encoding: .utf8)
    let example = try String(contentsOf: Self.root.appending(path: "docs/examples/\(file)"), encoding: .utf8)
    if file.hasSuffix(".sh") {
      #expect(document.contains("sh docs/examples/\(file)"))
    } else {
      #expect(document.contains(example), "copy docs/examples/\(file) into docs/writing-a-plugin.md")
    }
  }
}
