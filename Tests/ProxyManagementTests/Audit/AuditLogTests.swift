import Foundation
import ProxyConfig
import ProxyCore
import ProxyStore
import Testing

@testable import ProxyManagement

@Suite struct AuditLogTests {
  private func inFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("audit-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test func makesFolderAndFileForTheOwnerOnlyAndAppends() async throws {
    try await inFolder { folder in
      let path = folder + "/a/b/audit.log"
      let log = try AuditLog(path: path, createsDirectory: true, logger: LogCollector().logger)
      log.append(Array("one".utf8))
      log.append(Array("two".utf8))
      await log.flush()
      let again = try AuditLog(path: path, createsDirectory: true, logger: LogCollector().logger)
      again.append(Array("three".utf8))
      await again.flush()
      #expect(try text(path) == "one\ntwo\nthree\n")
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  @Test func theSettingsDecideWhetherThereIsAFile() async throws {
    try await inFolder { folder in
      let logger = LogCollector().logger
      var settings = AuditSettings()
      settings.file = folder + "/audit.log"
      settings.isEnabled = false
      let none = try AuditLog.open(settings, logger: logger)
      #expect(none?.lostLines == nil)
      settings.isEnabled = true
      let log = try AuditLog.open(settings, logger: logger)
      log?.append(Array("one".utf8))
      await log?.flush()
      #expect(try text(folder + "/audit.log") == "one\n")
      settings.file = nil
      let noFile = try AuditLog.open(settings, logger: logger)
      #expect(noFile?.lostLines == nil)
    }
  }

  @Test func withoutItsFolderItSaysWhatToDo() async throws {
    try await inFolder { folder in
      let error = #expect(throws: ConfigurationError.self) {
        try AuditLog(
          path: folder + "/absent/audit.log", createsDirectory: false, logger: LogCollector().logger)
      }
      #expect(error?.key == "AUDIT_LOG_FILE")
      #expect(error?.remedy.isEmpty == false)
    }
  }

  @Test func rotatesBySizeWithoutLosingOrSplittingALine() async throws {
    try await inFolder { folder in
      let path = folder + "/audit.log"
      let log = try AuditLog(
        path: path, createsDirectory: false, rotation: .init(maximumBytes: 100, backups: 3),
        logger: LogCollector().logger)
      for index in 0..<25 {
        log.append(Array("line \(index) 0123456789".utf8))
        await log.flush()
      }
      var lines: [Substring] = []
      for name in [path + ".3", path + ".2", path + ".1", path] {
        let content = try text(name)
        #expect(content.utf8.count <= 100)
        #expect(content.hasSuffix("\n"))
        lines += content.split(separator: "\n")
      }
      #expect(!FileManager.default.fileExists(atPath: path + ".4"))
      // The oldest are gone with the fourth file; the rest is whole and in order.
      #expect(lines.map(String.init) == (25 - lines.count..<25).map { "line \($0) 0123456789" })
    }
  }

  @Test func followsAFileThatWasMovedAway() async throws {
    try await inFolder { folder in
      let path = folder + "/audit.log"
      let log = try AuditLog(path: path, createsDirectory: false, logger: LogCollector().logger)
      log.append(Array("one".utf8))
      await log.flush()
      try FileManager.default.moveItem(atPath: path, toPath: path + ".moved")
      log.append(Array("two".utf8))
      await log.flush()
      #expect(try text(path + ".moved") == "one\n")
      #expect(try text(path) == "two\n")
    }
  }

  @Test func keepsLinesWhileTheFileCannotBeWrittenAndReportsOnce() async throws {
    try await inFolder { folder in
      let path = folder + "/sub/audit.log"
      let logs = LogCollector()
      let log = try AuditLog(path: path, createsDirectory: true, logger: logs.logger)
      // A folder in the place of the file: opening it for writing fails, even for root.
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      for index in 0..<3 {
        log.append(Array("line \(index)".utf8))
        await log.flush()
      }
      #expect(logs.lines.filter { $0.contains("audit log cannot be written") }.count == 1)
      try FileManager.default.removeItem(atPath: path)
      log.append(Array("line 3".utf8))
      await log.flush()
      #expect(try text(path) == "line 0\nline 1\nline 2\nline 3\n")
      #expect(log.lostLines == 0)
    }
  }

  @Test func boundsWhatItKeepsAndCountsWhatIsLost() async throws {
    try await inFolder { folder in
      let path = folder + "/audit.log"
      let log = try AuditLog(path: path, createsDirectory: false, logger: LogCollector().logger)
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      let line = [UInt8](repeating: 0x61, count: 1 << 20)
      for _ in 0..<12 {
        log.append(line)
        await log.flush()
      }
      #expect(log.lostLines > 0)
      #expect(log.lostLines < 12)
    }
  }

  @Test func linksItsLinesAcrossRotationAndAmongWriters() async throws {
    try await inFolder { folder in
      let path = folder + "/audit.log"
      let rotation = AuditLog.Rotation(maximumBytes: 600, backups: 50)
      let logs = try (0..<2).map { _ in
        try AuditLog(path: path, createsDirectory: false, rotation: rotation, logger: LogCollector().logger)
      }
      for index in 0..<40 {
        logs[index % 2].append(Array("{\"id\":\"\(index)\"}".utf8))
        await logs[index % 2].flush()
      }
      let found = try AuditFileVerification(path: path)
      #expect(found.problem == nil && found.verified == 40 && found.files > 5)
    }
  }

  @Test func removesRotatedFilesThatAreTooOld() async throws {
    try await inFolder { folder in
      let path = folder + "/audit.log"
      for (name, age) in [(".1", 100.0), (".2", 10_000.0)] {
        try "{}\n".write(toFile: path + name, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: path + name)
      }
      let log = try AuditLog(
        path: path, createsDirectory: false, rotation: .init(maximumAge: .seconds(3600)),
        logger: LogCollector().logger)
      log.append(Array("{}".utf8))
      await log.flush()
      #expect(FileManager.default.fileExists(atPath: path + ".1"))
      #expect(!FileManager.default.fileExists(atPath: path + ".2"))
    }
  }
}
