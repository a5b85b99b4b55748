import ProxyStore
import Testing

@testable import ProxyManagement

/// Idle expiry, renewal and one-shot in the bodies of `/manage/tokens`.
@Suite struct WitheringFieldsTests {
  private func withRenewing(_ body: (TestPlane, _ path: String) async throws -> Void) async throws {
    try await TestPlane.run { plane in
      let token = try await plane.makeToken(
        try await plane.makeProject(),
        [
          .init(name: "idle_timeout", value: .integer(90)), .init(name: "renew_on_use", value: "2h"),
          .init(name: "renew_until", value: "2999-01-01T00:00:00Z"),
        ])
      try await body(plane, "/manage/tokens/\(token.id)")
    }
  }

  @Test func valuesComeBackAndNullClears() async throws {
    try await withRenewing { plane, path in
      let read = await plane.send("GET", path)
      #expect(read.json["idle_timeout"] == .integer(90) && read.json["renew_on_use"] == .integer(7200))
      #expect(read.string("renew_until") == "2999-01-01T00:00:00Z" && read.json["one_shot"] == .bool(false))
      let changed = await plane.send("PATCH", path, ["idle_timeout": "1h", "renew_on_use": .null])
      #expect(changed.status == 200 && changed.json["idle_timeout"] == .integer(3600))
      #expect(changed.json["renew_on_use"] == .null && changed.json["renew_until"] == .null)
      #expect(await plane.send("PATCH", path, ["idle_timeout": .null]).json["idle_timeout"] == .null)
      let events = try await plane.events("action=token.update")
      let details = try JSONReader.firstValue(of: Array((events[1]["metadata"]?.string ?? "").utf8))
      #expect(details["updated_idle_timeout"] == .integer(3600) && details["updated_renew_on_use"] == .null)
    }
  }

  @Test func oneShotIsALimitOfOne() async throws {
    try await withRenewing { plane, path in
      let on = await plane.send("PATCH", path, ["one_shot": .bool(true)])
      #expect(on.json["max_requests"] == .integer(1) && on.json["one_shot"] == .bool(true))
      let off = await plane.send("PATCH", path, ["one_shot": .bool(false)])
      #expect(off.json["max_requests"] == .null && off.json["one_shot"] == .bool(false))
      _ = await plane.send("PATCH", path, ["max_requests": .integer(5)])
      let kept = await plane.send("PATCH", path, ["one_shot": .bool(false)])
      #expect(kept.json["max_requests"] == .integer(5))
      let both = await plane.send("PATCH", path, ["one_shot": .bool(true), "max_requests": .integer(5)])
      #expect(both.status == 400 && both.string("param") == "one_shot")
    }
  }

  @Test(arguments: [
    (#"{"idle_timeout":0}"#, "idle_timeout"), (#"{"idle_timeout":"366d"}"#, "idle_timeout"),
    (#"{"idle_timeout":"1 hour"}"#, "idle_timeout"), (#"{"renew_on_use":-5}"#, "renew_on_use"),
    (#"{"renew_until":"tomorrow"}"#, "renew_until"),
    (#"{"renew_until":"2001-01-01T00:00:00Z"}"#, "renew_until"),
    (#"{"expires_at":"never"}"#, "renew_on_use"),
  ])
  func whatCannotBeIsRefusedByName(_ body: String, _ param: String) async throws {
    try await withRenewing { plane, path in
      let answer = await plane.send("PATCH", path, text: body)
      #expect(answer.status == 400 && answer.string("param") == param, "\(answer.text)")
    }
  }

  @Test func aUseIsNoChangeToTheTag() async throws {
    try await withRenewing { plane, path in
      let id = String(path.split(separator: "/")[2])
      let before = await plane.send("GET", path)
      let hash = try await plane.store.token(.id(id))
      _ = try await plane.store.updateToken(
        .id(id), TokenChange(expiresAt: .set((hash.expiresAt ?? .now()).advanced(by: .seconds(9)))))
      #expect(await plane.send("GET", path).header("ETag") == before.header("ETag"))
      let changed = await plane.send("PATCH", path, ["idle_timeout": .integer(5)])
      #expect(changed.header("ETag") != before.header("ETag"))
    }
  }
}
