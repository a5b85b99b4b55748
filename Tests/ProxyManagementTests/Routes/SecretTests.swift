import Foundation
import ProxyCore
import Testing

@testable import ProxyManagement

@Suite struct SecretTests {
  /// Walks through management with canary secrets in every place a client can put one, then looks everywhere.
  @Test func noSecretIsEchoedLoggedOrAudited() async throws {
    try await TestPlane.run { plane in
      let key = "sk-canary-provider-key-0123456789abcdefghij"
      let plainKey = "canaryprovidersecret0123456789"
      var shown: [String] = []
      func send(_ method: String, _ path: String, _ body: JSONValue? = nil, headers: [(String, String)] = [])
        async -> Answer
      {
        let answer = await plane.send(method, path, body, headers: headers)
        shown.append(answer.text + "\(answer.headers)")
        return answer
      }
      let project = await send("POST", "/manage/projects", ["name": "a", "api_key": .string(key)]).string(
        "id")
      _ = await send("PATCH", "/manage/projects/\(project)", ["api_key": .string(plainKey)])
      _ = await send(
        "PATCH", "/manage/projects/\(project)", ["api_key": .string(plainKey), "unknown": .string(plainKey)])
      _ = await send(
        "POST", "/manage/projects", ["name": .string(key), "api_key": .array([.string(plainKey)])])
      _ = await send("POST", "/manage/projects", .object([.init(name: key, value: .string(plainKey))]))
      let token = try await plane.makeToken(project)
      let encoded = token.secret.replacing("-", with: "%2D")
      for path in [token.secret, encoded] {
        _ = await send(
          "GET", "/manage/tokens/\(path)",
          headers: [
            ("user-agent", "agent \(token.secret)"), ("x-forwarded-referer", "http://x/?key=\(token.secret)"),
            ("x-request-id", token.secret), ("x-correlation-id", "x:\(token.secret)"),
          ])
        _ = await send("PATCH", "/manage/tokens/\(path)", ["label": .string("l")])
        _ = await send("GET", "/manage/tokens/\(path)/x")
        _ = await send("GET", "/manage/projects/\(path)")
        _ = await send("GET", "/manage/audit/\(path)")
        _ = await send(
          "POST", "/manage/tokens", ["project_id": .string(token.secret), "duration_minutes": .integer(5)])
        _ = await send("GET", "/manage/tokens?project_id=\(path)")
        _ = await send("GET", "/nowhere/\(path)")
        _ = await send("DELETE", "/manage/tokens/\(path)")
      }
      let guess = "Bearer canary-guess-\(plainKey)"
      shown.append(await plane.raw("GET", "/manage/tokens", headers: [("authorization", guess)]).text)
      await plane.auditLog.flush()
      let file = try String(contentsOfFile: plane.folder + "/audit/audit.log", encoding: .utf8)
      let database = await plane.send("GET", "/manage/audit?page_size=100").text
      for secret in [key, plainKey, token.secret, encoded, TestPlane.token] {
        // As lists of lines, so that a failure shows the one line and not all.
        #expect(file.split(separator: "\n").filter { $0.contains(secret) } == [])
        #expect(database.split(separator: "}").filter { $0.contains(secret) } == [])
        #expect(plane.logs.lines.filter { $0.contains(secret) } == [])
        #expect(shown.filter { $0.contains(secret) } == [])
      }
    }
  }
}
