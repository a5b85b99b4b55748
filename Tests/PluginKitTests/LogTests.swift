import CLLMProxyPlugin
import Foundation
import Testing

@Suite final class LogTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    // A folder that stays behind in the temporary directory is no failure of the log.
    try? FileManager.default.removeItem(at: folder)
  }

  private var file: String { folder.appending(path: "exchanges.log").path }

  private func stage(_ extra: String = "", file: String? = nil, host: FakeHost = FakeHost()) throws
    -> FakeStage
  {
    try FakeStage(
      PluginImage("log").module, config: "{\"file\":\"\(file ?? self.file)\"\(extra)}", host: host)
  }

  private func exchange(_ host: FakeHost) -> FakeExchange {
    let exchange = FakeExchange(host)
    exchange.attributes[LLMP_ATTR_REQUEST_ID] = Array("r1".utf8)
    exchange.attributes[LLMP_ATTR_API] = Array("openai".utf8)
    exchange.attributes[LLMP_ATTR_CLIENT_ADDR] = Array("192.0.2.7".utf8)
    exchange.texts[LLMP_META_MODEL] = Array("gpt-4o".utf8)
    exchange.texts[LLMP_META_PROVIDER] = Array("openai".utf8)
    exchange.texts[LLMP_META_PROJECT_ID] = Array("p1".utf8)
    exchange.texts[LLMP_META_TOKEN_ID] = Array("t1".utf8)
    exchange.facts.http_status = 200
    exchange.facts.attempts = 1
    exchange.facts.duration_us = 12_345
    exchange.facts.first_byte_us = 9_000
    exchange.facts.upstream_us = 11_001
    exchange.facts.request_bytes = 120
    exchange.facts.response_bytes = 340
    return exchange
  }

  private func lines(_ path: String? = nil) throws -> [NSDictionary] {
    let text = try String(contentsOfFile: path ?? file, encoding: .utf8)
    #expect(text.isEmpty || text.hasSuffix("\n"))
    return try text.split(separator: "\n").map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary)
    }
  }

  @Test func oneExchangeIsOneLine() throws {
    let stage = try stage()
    try stage.start()
    let exchange = exchange(stage.host)
    var usage = llmp_usage_t()
    usage.input_tokens = 10
    usage.output_tokens = 20
    usage.cached_input_tokens = 0
    usage.reasoning_tokens = -1
    exchange.usage = usage
    stage.requestDone(exchange)
    stage.destroy()
    let expected: NSDictionary = [
      "ts": "2030-01-01T00:00:00.123Z", "level": "info", "msg": "exchange", "request_id": "r1",
      "method": "POST", "path": "/v1/chat/completions", "api": "openai", "provider": "openai",
      "model": "gpt-4o", "project_id": "p1", "token_id": "t1", "client_addr": "192.0.2.7",
      "status": 200, "stream": false, "duration_ms": 12.345, "first_byte_ms": 9,
      "upstream_ms": 11.001, "upstream_connect_ms": 0, "request_bytes": 120, "response_bytes": 340,
      "input_tokens": 10, "output_tokens": 20, "cached_tokens": 0,
    ]
    #expect(try lines() == [expected])
  }

  @Test func aRefusalSaysWhoRefusedAndWhy() throws {
    let stage = try stage()
    let exchange = exchange(stage.host)
    exchange.facts.http_status = 403
    exchange.facts.attempts = 0
    exchange.attributes[LLMP_ATTR_DENIED_BY] = Array("whitelist".utf8)
    exchange.texts[LLMP_META_DENY_REASON] = Array("model_not_allowed".utf8)
    stage.requestDone(exchange)
    stage.destroy()
    let line = try #require(try lines().first)
    #expect(line["level"] as? String == "info")
    #expect(line["denied_by"] as? String == "whitelist")
    #expect(line["error"] as? String == "model_not_allowed")
    #expect(line["upstream_ms"] == nil)
  }

  @Test(arguments: [
    (UInt32(200), LLMP_EXCHANGE_STAGE_FAILED, "error", "stage_failed"),
    (200, LLMP_EXCHANGE_UPSTREAM_FAILED, "warn", "upstream_failed"),
    (0, LLMP_EXCHANGE_CLIENT_GONE, "info", "client_gone"),
    (502, LLMP_EXCHANGE_UPSTREAM_FAILED, "error", "upstream_failed"),
  ])
  func whatWentWrongIsNeverLoggedAsSuccess(_ status: UInt32, _ flags: UInt32, _ level: String, _ key: String)
    throws
  {
    let stage = try stage()
    let exchange = exchange(stage.host)
    exchange.facts.http_status = status
    exchange.facts.flags = flags
    stage.requestDone(exchange)
    stage.destroy()
    let line = try #require(try lines().first)
    #expect(line["level"] as? String == level)
    #expect(line[key] as? Bool == true)
  }

  @Test func hostileTextStaysWithinItsLineAndItsQuotes() throws {
    let stage = try stage()
    let hostile: [[UInt8]] = [
      Array("/v1/\"},{\"level\":\"x\"\n\r\\".utf8), [0x2F, 0, 1, 0x1F, 0x7F], [0x2F, 0x80, 0xFF, 0xC0, 0xAF],
      [0xED, 0xA0, 0x80, 0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], Array("/ü€😀\u{2028}".utf8),
      Array(repeating: 0, count: 70_000), Array(repeating: 0x22, count: 70_000),
      Array(String(repeating: "€", count: 30_000).utf8), Array(repeating: 0xC3, count: 70_000),
    ]
    for text in hostile {
      let exchange = exchange(stage.host)
      exchange.attributes[LLMP_ATTR_PATH] = text
      exchange.attributes[LLMP_ATTR_REQUEST_ID] = text
      exchange.texts[LLMP_META_MODEL] = text
      exchange.texts[LLMP_META_PROJECT_ID] = text
      exchange.attributes[LLMP_ATTR_API] = text
      exchange.facts.duration_us = .max
      exchange.facts.request_bytes = .max
      stage.requestDone(exchange)
    }
    stage.destroy()
    let lines = try lines()
    #expect(lines.count == hostile.count)
    #expect(lines.allSatisfy { $0["level"] as? String == "info" && $0["status"] as? Int == 200 })
    #expect(lines[0]["path"] as? String == "/v1/\"},{\"level\":\"x\"\n\r\\")
    #expect(lines[5]["path"] as? String == "/ü€😀\u{2028}")
    #expect((lines[8]["path"] as? String)?.hasSuffix("€…") == true)
  }

  @Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_251_199_001, "2024-02-29T23:59:59.001Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-5, "1970-01-01T00:00:00.000Z"),
    (.max, "9999-12-31T23:59:59.999Z"),
  ])
  func momentsAreWrittenInUTC(_ milliseconds: Int64, _ text: String) throws {
    let stage = try stage()
    stage.host.unixMilliseconds = milliseconds
    stage.requestDone(exchange(stage.host))
    stage.destroy()
    #expect(try lines().first?["ts"] as? String == text)
  }

  @Test func linesOfManyThreadsAreAllThere() async throws {
    let stage = try stage(",\"flush_interval_ms\":1")
    try stage.start()
    let run = UncheckedStage(stage)
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask {
          for number in 0..<500 {
            let exchange = FakeExchange(run.stage.host)
            exchange.attributes[LLMP_ATTR_REQUEST_ID] = Array("\(worker)-\(number)".utf8)
            run.stage.requestDone(exchange)
          }
        }
      }
    }
    stage.drain()
    stage.destroy()
    #expect(stage.host.drains.withLock { $0 } == 1)
    #expect(Set(try lines().compactMap { $0["request_id"] as? String }).count == 4000)
  }

  @Test func aFullFileIsPutAsideAndTheOldestGoes() throws {
    let stage = try stage(",\"max_size_mb\":1,\"max_backups\":2")
    try stage.start()
    for _ in 0..<9000 { stage.requestDone(exchange(stage.host)) }
    stage.destroy()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["exchanges.log", "exchanges.log.1", "exchanges.log.2"])
    for name in names {
      let path = folder.appending(path: name).path
      let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      #expect(try #require(size) <= 1 << 20)
      #expect(try !lines(path).isEmpty)
    }
  }

  @Test func withoutBackupsAFullFileBeginsAnew() throws {
    let stage = try stage(",\"max_size_mb\":1,\"max_backups\":0")
    for _ in 0..<5000 { stage.requestDone(exchange(stage.host)) }
    stage.destroy()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["exchanges.log"])
  }

  @Test func aFileThatWasMovedAwayIsBegunAnew() throws {
    let stage = try stage()
    try FileManager.default.moveItem(atPath: file, toPath: file + ".moved")
    stage.requestDone(exchange(stage.host))
    stage.destroy()
    #expect(try lines().count == 1)
    #expect(try lines(file + ".moved").isEmpty)
  }

  @Test func twoGenerationsShareAFile() throws {
    let old = try stage()
    let new = try stage()
    try old.start()
    try new.start()
    for _ in 0..<100 {
      old.requestDone(exchange(old.host))
      new.requestDone(exchange(new.host))
    }
    old.destroy()
    new.destroy()
    #expect(try lines().count == 200)
  }

  @Test func whatDoesNotFitIntoMemoryIsCounted() throws {
    // Not started: nobody takes lines away.
    let stage = try stage(",\"max_size_mb\":0")
    for _ in 0..<15_000 { stage.requestDone(exchange(stage.host)) }
    stage.destroy()
    let lines = try lines()
    let note = try #require(lines.last)
    #expect(note["msg"] as? String == "exchange lines dropped")
    let dropped = try #require(note["lines"] as? Int)
    #expect(dropped > 0)
    #expect(lines.count - 1 + dropped == 15_000)
  }

  @Test func aFullDiskIsSaidAndDoesNotStopTheEnd() throws {
    let stage = try stage(file: "/dev/full")
    stage.requestDone(exchange(stage.host))
    stage.destroy()
    let log = stage.host.log.withLock { $0 }
    #expect(log.count == 2)
    #expect(log.first?.contains("No space left on device") == true)
    #expect(log.last?.contains("{\"lines\":1}") == true)
  }

  @Test func aPipeIsWrittenInWholeLines() throws {
    let pipe = Pipe()
    let stage = try stage(file: "/proc/self/fd/\(pipe.fileHandleForWriting.fileDescriptor)")
    try stage.start()
    for _ in 0..<100 { stage.requestDone(exchange(stage.host)) }
    stage.destroy()
    try pipe.fileHandleForWriting.close()
    let text = String(decoding: try #require(try pipe.fileHandleForReading.readToEnd()), as: UTF8.self)
    #expect(text.split(separator: "\n").count == 100)
  }

  @Test func aReaderThatHasStoppedDoesNotHoldUpTheEnd() throws {
    let pipe = Pipe()
    let host = FakeHost()
    host.clockStep = 1_000_000_000
    let stage = try stage(file: "/proc/self/fd/\(pipe.fileHandleForWriting.fileDescriptor)", host: host)
    for _ in 0..<1000 { stage.requestDone(exchange(host)) }
    stage.destroy()
    #expect(host.log.withLock { $0 }.first?.contains("nobody reads it") == true)
    #expect(host.log.withLock { $0 }.last?.contains("lost at the end") == true)
  }

  @Test func wrongSettingsAreRefusedByName() throws {
    for (config, message) in [
      (#"{"files":"x"}"#, "files: unknown setting"), (#"{"max_backups":-1}"#, "max_backups"),
      (#"{"file":"\#(folder.path)/none/x.log"}"#, "No such file or directory"),
      (#"{"file":"\#(folder.path)"}"#, "Is a directory"), (#"{"file":"a\u0000b"}"#, "NUL"),
    ] {
      let refusal = #expect(throws: FakeStage.Refusal.self) {
        try FakeStage(PluginImage("log").module, config: config)
      }
      #expect(refusal?.message.contains(message) == true, "\(refusal?.message ?? "")")
    }
  }
}

/// Hooks of different requests may run at once; that is what the header promises.
private struct UncheckedStage: @unchecked Sendable {
  let stage: FakeStage

  init(_ stage: FakeStage) { self.stage = stage }
}
