import ProxyCore
import ProxyStore
import Testing

@testable import ProxyManagement

@Suite struct PolicyTests {
  private static let policy: JSONValue = ["models": ["gpt-4o*"], "concurrency": .integer(2)]

  @Test func `projects and tokens carry a policy and metadata, and null clears them`() async throws {
    try await TestPlane.run { plane in
      let made = await plane.send(
        "POST", "/manage/projects",
        [
          "name": "p", "api_key": .string(TestPlane.key), "policy": Self.policy, "metadata": ["team": "blue"],
        ])
      #expect(made.status == 201)
      #expect(made.json["policy"] == Self.policy && made.json["metadata"] == ["team": "blue"])
      let project = made.string("id")
      let token = try await plane.makeToken(project, [.init(name: "policy", value: Self.policy)])
      for path in ["/manage/projects/\(project)", "/manage/tokens/\(token.id)"] {
        let read = await plane.send("GET", path)
        #expect(read.json["policy"] == Self.policy)
        let changed = await plane.send(
          "PATCH", path, ["policy": ["concurrency": .integer(3)], "metadata": ["a_b": "c"]],
          headers: [("if-match", read.header("ETag") ?? "")])
        #expect(changed.status == 200)
        #expect(changed.json["policy"] == ["concurrency": .integer(3)])
        #expect(changed.json["metadata"] == ["a_b": "c"])
        #expect(changed.header("ETag") != read.header("ETag"))
        let stale = await plane.send(
          "PATCH", path, ["policy": .null], headers: [("if-match", read.header("ETag") ?? "")])
        #expect(stale.status == 412)
        let cleared = await plane.send("PATCH", path, ["policy": .null, "metadata": .null])
        #expect(cleared.json["policy"] == .null && cleared.json["metadata"] == .null)
        let empty = await plane.send("PATCH", path, ["policy": .object([])])
        #expect(empty.status == 200 && empty.json["policy"] == .null)
      }
    }
  }

  @Test(arguments: [
    (#"{"policy":{"modells":["a"]}}"#, "unknown_field", "policy.modells"),
    (#"{"policy":{"models":["["]}}"#, "invalid_policy", "policy.models[0]"),
    (#"{"policy":[]}"#, "invalid_policy", "policy"),
    (#"{"policy":{"ip_allow":["10.0.0.0/99"]}}"#, "invalid_policy", "policy.ip_allow[0]"),
    (#"{"metadata":{"a":3}}"#, "invalid_policy", "metadata.a"),
    (#"{"polizy":{}}"#, "unknown_field", "polizy"),
  ])
  func `what cannot be accepted is named`(_ body: String, _ code: String, _ param: String) async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let token = try await plane.makeToken(project)
      for path in ["/manage/projects/\(project)", "/manage/tokens/\(token.id)"] {
        let answer = await plane.send("PATCH", path, text: body)
        #expect(answer.status == 400)
        #expect(answer.string("code") == code && answer.string("param") == param)
        #expect(answer.error.contains(param))
      }
    }
  }

  @Test func `the audit trail says which members changed`() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let path = "/manage/projects/\(project)"
      _ = await plane.send("PATCH", path, ["policy": Self.policy, "metadata": ["team": "blue"]])
      _ = await plane.send("PATCH", path, ["policy": ["concurrency": .integer(2)]])
      let events = try await plane.events("action=project.update")
      let notes = events.map { $0["metadata"]?.string ?? "" }
      #expect(notes.count == 2)
      #expect(notes[0].contains(#""policy_members":["models"]"#))
      #expect(notes[1].contains(#""policy_members":["models","concurrency"]"#))
      #expect(notes[1].contains(#""metadata_members":["team"]"#))
    }
  }

  @Test func `lists of projects are searched and filtered`() async throws {
    try await TestPlane.run { plane in
      var ids: [String] = []
      for name in ["alpha", "beta", "Alphabet", "gamma"] { ids.append(try await plane.makeProject(name)) }
      _ = await plane.send("PATCH", "/manage/projects/\(ids[0])", ["is_active": .bool(false)])
      func names(_ query: String) async -> [String] {
        await plane.send("GET", "/manage/projects?\(query)").json.elements.map { $0["name"]?.string ?? "" }
      }
      #expect(await names("search=alpha") == ["Alphabet", "alpha"])
      #expect(await names("search=alpha&active_only=true") == ["Alphabet"])
      #expect(await names("search=\(ids[1])") == ["beta"])
      let first = await plane.send("GET", "/manage/projects?search=a&limit=1")
      #expect(first.json.elements.count == 1)
      let next = try #require(first.header("X-Next-After"))
      #expect(await names("search=a&limit=9&after=\(next)") == ["alpha", "beta", "gamma"])
    }
  }

  @Test func `lists of tokens are ordered, searched and filtered`() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      for label in ["one", "two", "three"] {
        _ = try await plane.makeToken(project, [.init(name: "label", value: .string(label))])
      }
      func labels(_ query: String) async -> [String] {
        await plane.send("GET", "/manage/tokens?\(query)").json.elements.map { $0["label"]?.string ?? "" }
      }
      #expect(await labels("sort=created_at&order=asc") == ["one", "two", "three"])
      #expect(await labels("search=T&sort=created_at&order=asc") == ["two", "three"])
      #expect(await labels("status=revoked") == [])
      #expect(await labels("status=active&limit=2").count == 2)
      for (query, param) in [("sort=name", "sort"), ("order=up", "order"), ("status=fine", "status")] {
        let answer = await plane.send("GET", "/manage/tokens?\(query)")
        #expect(answer.status == 400 && answer.string("param") == param)
      }
    }
  }
}
