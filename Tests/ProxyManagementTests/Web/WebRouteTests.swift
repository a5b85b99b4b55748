import Foundation
import Testing

@testable import ProxyManagement

@Suite struct WebRouteTests {
  private static let hash = String(repeating: "0a", count: 16)

  /// A plane whose folder of files holds a page, a hashed script in three forms, and a secret beside it.
  private func run(_ body: (TestPlane) async throws -> Void) async throws {
    let manager = FileManager.default
    let top = manager.temporaryDirectory.appendingPathComponent("web-\(UUID().uuidString)")
    let folder = top.appendingPathComponent("web/assets/\(Self.hash)/js")
    try manager.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? manager.removeItem(at: top) }
    func write(_ name: String, _ text: String) throws {
      try Data(text.utf8).write(to: top.appendingPathComponent(name))
    }
    try write("secret.txt", "secret")
    try write("web/index.html", "<!doctype html>")
    try write("web/plain.js", "plain")
    for suffix in ["", ".br", ".gz"] {
      try write("web/assets/\(Self.hash)/js/main.js\(suffix)", "main\(suffix)")
    }
    try manager.createSymbolicLink(
      at: top.appendingPathComponent("web/link.txt"),
      withDestinationURL: top.appendingPathComponent("secret.txt"))
    try await TestPlane.run(with: { $0.admin.webDirectory = top.path + "/web" }, body)
  }

  @Test func thePageAnswersItsPathAndDeepLinks() async throws {
    try await run { plane in
      for path in ["/admin/", "/admin/index.html", "/admin/tokens", "/admin/requests/abc?x=1"] {
        let answer = await plane.raw("GET", path)
        #expect(answer.status == 200 && answer.text == "<!doctype html>", "\(path)")
        #expect(answer.header("Content-Type") == "text/html; charset=utf-8")
        #expect(answer.header("Cache-Control") == "no-cache")
        let policy = try #require(answer.header("Content-Security-Policy"))
        for part in ["default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"] {
          #expect(policy.contains(part))
        }
        #expect(!policy.contains("unsafe"))
        #expect(answer.header("X-Content-Type-Options") == "nosniff")
        #expect(answer.header("Referrer-Policy") == "no-referrer")
      }
    }
  }

  @Test func hashedFilesAreKeptForEverAndOthersAskedForAgain() async throws {
    try await run { plane in
      let hashed = await plane.raw("GET", "/admin/assets/\(Self.hash)/js/main.js")
      #expect(hashed.text == "main" && hashed.header("Content-Type") == "text/javascript; charset=utf-8")
      #expect(hashed.header("Cache-Control")?.contains("immutable") == true)
      let plain = await plane.raw("GET", "/admin/assets/0/plain.js")
      #expect(plain.text == "plain" && plain.header("Cache-Control") == "no-cache")
      let tag = try #require(plain.header("ETag"))
      for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
        let again = await plane.raw("GET", "/admin/plain.js", headers: [("if-none-match", known)])
        #expect(again.status == 304 && again.body.isEmpty, "\(known)")
        #expect(again.header("ETag") == tag)
      }
      #expect(await plane.raw("GET", "/admin/plain.js", headers: [("if-none-match", "\"x\"")]).status == 200)
    }
  }

  @Test(
    arguments: [
      ("br, gzip", "br"), ("gzip", "gzip"), ("gzip;q=1, br;q=0", "gzip"), ("*", "br"), ("identity", nil),
      ("br;q=0, *;q=0", nil),
    ] as [(String, String?)])
  func theBestFormIsSent(accepted: String, coding: String?) async throws {
    try await run { plane in
      let path = "/admin/assets/\(Self.hash)/js/main.js"
      let answer = await plane.raw("GET", path, headers: [("accept-encoding", accepted)])
      #expect(answer.header("Content-Encoding") == coding)
      #expect(answer.text == "main" + (coding.map { $0 == "br" ? ".br" : ".gz" } ?? ""))
      #expect(answer.header("Vary") == "Accept-Encoding")
      #expect(answer.header("Content-Type") == "text/javascript; charset=utf-8")
    }
  }

  @Test(arguments: [
    "/admin/../secret.txt", "/admin/..%2fsecret.txt", "/admin/%2e%2e/secret.txt", "/admin/..%5csecret.txt",
    "/admin/assets/0/../../secret.txt", "/admin/assets/0/..%2fsecret.txt", "/admin/link.txt",
    "/admin//etc/passwd",
    "/admin/assets/0//../secret.txt", "/admin/.git/config", "/admin/assets/\(hash)/js", "/admin/missing.js",
    "/admin/assets/ffffffffffffffff/js/main.js", "/admin/assets/\(hash)/js/main.js.br", "/admin/a%00.txt",
  ])
  func nothingElseIsServed(path: String) async throws {
    try await run { plane in
      let answer = await plane.raw("GET", path)
      #expect(!answer.text.contains("secret") && !answer.text.contains("main"), "\(answer.text)")
      #expect([301, 404].contains(answer.status) || answer.text == "<!doctype html>")
    }
  }

  @Test func aFileThatChangedIsReadAgain() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("web-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let web = WebFolder(path: folder.path)
    let file = folder.appendingPathComponent("a.txt")
    #expect(web.file("a.txt") == nil)
    try Data("one".utf8).write(to: file)
    let first = try #require(web.file("a.txt"))
    try Data("three".utf8).write(to: file)
    let second = try #require(web.file("a.txt"))
    #expect(first.bytes == Array("one".utf8) && second.bytes == Array("three".utf8))
    #expect(first.entityTag != second.entityTag)
  }

  @Test func browsersAreShownTheWayAndProgramsAreNot() async throws {
    try await run { plane in
      let browser = await plane.raw("GET", "/", headers: [("accept", "text/html,*/*;q=0.8")])
      #expect(browser.status == 302 && browser.header("Location") == "/admin/")
      #expect(await plane.raw("GET", "/").status == 404)
      #expect(await plane.raw("GET", "/admin").header("Location") == "/admin/")
      #expect(await plane.raw("POST", "/admin/").status == 405)
    }
  }

  @Test func withoutFilesASentenceSaysSo() async throws {
    try await TestPlane.run(with: { $0.admin.webDirectory = "/nonexistent" }) { plane in
      let answer = await plane.raw("GET", "/admin/")
      #expect(answer.status == 404 && answer.text.contains("LLM_PROXY_WEB_DIR"))
    }
    try await TestPlane.run(with: { $0.admin.isEnabled = false }) { plane in
      #expect(await plane.raw("GET", "/admin/").status == 404)
      #expect(await plane.raw("GET", "/admin/session").status == 404)
    }
  }
}
