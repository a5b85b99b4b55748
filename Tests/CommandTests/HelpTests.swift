import ArgumentParser
import Foundation
import Testing

@testable import llm_proxy

@Suite("Help screens")
struct HelpTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Golden")
  private static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"

  /// Every command with a screen of its own, by the words a user types.
  private static func screens(
    _ command: any ParsableCommand.Type = LLMProxy.self, path: [String] = ["llm-proxy"]
  )
    -> [(path: [String], command: any ParsableCommand.Type)]
  {
    [(path, command)]
      + command.configuration.subcommands.flatMap {
        screens($0, path: path + [$0.configuration.commandName ?? ""])
      }
  }

  @Test(
    "every command's help is what its golden file shows",
    arguments: screens().map { $0.path.joined(separator: " ") })
  func help(words: String) throws {
    let screen = try #require(Self.screens().first { $0.path.joined(separator: " ") == words })
    let text = LLMProxy.helpMessage(for: screen.command, columns: 80).trimmingCharacters(in: .newlines) + "\n"
    let file = Self.folder.appendingPathComponent(words.replacingOccurrences(of: " ", with: "-") + ".txt")
    if Self.isUpdating { return try text.write(to: file, atomically: true, encoding: .utf8) }
    #expect(text == (try String(contentsOf: file, encoding: .utf8)))
  }

  @Test("there is a golden file for each command and no other")
  func files() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter {
      $0.hasSuffix(".txt")
    }
    #expect(Set(names) == Set(Self.screens().map { $0.path.joined(separator: "-") + ".txt" }))
  }

  @Test("every command and option says what it is for")
  func abstracts() {
    for screen in Self.screens() {
      #expect(!screen.command.configuration.abstract.isEmpty, "\(screen.path)")
    }
  }
}
