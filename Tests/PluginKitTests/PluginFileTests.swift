import CLLMProxyPlugin
import Foundation
import LLMProxyPluginKit
import Testing

@Suite struct PluginFileTests {
  private static let stock = ["cors", "rate-limit", "cache", "log"]

  @Test(arguments: stock) func aPluginShowsOneSymbol(_ name: String) throws {
    let symbols = try Tool.run(
      "nm", ["-D", "--defined-only", "--extern-only", "\(PluginImage.folder)/lib\(name).so"])
    #expect(
      symbols.split(separator: "\n").compactMap { $0.split(separator: " ").last } == [
        "llm_proxy_plugin_entry_v0"
      ])
  }

  @Test(arguments: stock) func theStampAgreesWithTheDescriptor(_ name: String) throws {
    let path = "\(PluginImage.folder)/lib\(name).so"
    try Self.expectStamp(of: path, PluginImage(path: path).module.pointee)
  }

  @Test(arguments: stock) func theSchemaIsJSON(_ name: String) throws {
    let module = try PluginImage(name).module.pointee
    let component = try #require(module.components?[0]).pointee
    #expect(module.id.text == "org.llm-proxy.\(name)")
    #expect(component.name.text == name)
    #expect(try JSONValue(parsing: component.config_schema.text)["type"] == .string("object"))
  }

  static func expectStamp(of path: String, _ module: llmp_module_t) throws {
    let dump = try Tool.run("readelf", ["-p", ".llmp.stamp", path])
    let expected =
      "abi=\(LLMP_ABI_MAJOR).\(LLMP_ABI_MINOR);min=\(module.min_host_minor);id=\(module.id.text);"
      + "version=\(module.version.text);runtime=\(module.runtime.text)"
    #expect(
      dump.contains("]  \(expected)\n"),
      "run docs/examples/swift/stamp.sh \(module.id.text) \(module.version.text) and put the result into Stamp.swift"
    )
  }
}

/// A program of the machine, run to its end.
enum Tool {
  struct Failure: Error {
    var text: String
  }

  static func run(_ program: String, _ arguments: [String], in folder: URL? = nil) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardOutput = pipe
    process.standardError = pipe
    if let folder { process.currentDirectoryURL = folder }
    try process.run()
    let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw Failure(text: text) }
    return text
  }
}
