import ProxyStore
import Testing

@testable import ProxyManagement

@Suite struct ProjectTests {
  private static let keys = [
    "id", "name", "api_key", "is_active", "created_at", "updated_at", "policy", "metadata", "budget",
  ]
  private static let inactiveKeys = [
    "id", "name", "api_key", "is_active", "deactivated_at", "created_at", "updated_at", "policy", "metadata",
    "budget",
  ]

  @Test func creationAnswersTheProjectWithItsKeyMasked() async throws {
    try await TestPlane.run { plane in
      let answer = await plane.send(
        "POST", "/manage/projects", ["name": "alpha", "api_key": .string(TestPlane.key)])
      #expect(answer.status == 201)
      #expect(answer.header("Content-Type") == "application/json")
      #expect(answer.names == Self.keys)
      #expect(answer.string("api_key") == "sk-upstr...cdef")
      #expect(!answer.text.contains(TestPlane.key))
      #expect(answer.body.last == UInt8(ascii: "\n"))
      let id = answer.string("id")
      #expect(answer.header("Location") == "/manage/projects/\(id)")
      for field in ["created_at", "updated_at"] {
        #expect(answer.string(field).hasSuffix("Z"))
      }
      let read = await plane.send("GET", "/manage/projects/\(id)")
      #expect(read.status == 200)
      #expect(read.json == answer.json)
    }
  }

  @Test func theKeyHasTwoNames() async throws {
    try await TestPlane.run { plane in
      let legacy: JSONValue = ["Name": "a", "openai_api_key": "abcd"]
      #expect(await plane.send("POST", "/manage/projects", legacy).string("api_key") == "****")
      let both: JSONValue = ["name": "b", "api_key": "abcd", "openai_api_key": "abce"]
      #expect(await plane.send("POST", "/manage/projects", both).status == 400)
    }
  }

  @Test(arguments: [
    ("", "invalid request body"), ("[", "invalid request body"), ("[]", "invalid request body"),
    ("3", "invalid request body"),
    (#"{"name":5,"api_key":"k"}"#, #"invalid request body: field "name" must be a string"#),
    ("null", "name and api_key are required"), ("{}", "name and api_key are required"),
    (#"{"name":"x"}"#, "name and api_key are required"),
    (#"{"api_key":"k"}"#, "name and api_key are required"),
    (#"{"name":"","api_key":"k"}"#, "name and api_key are required"),
    (#"{"name":"  ","api_key":"k"}"#, "name and api_key are required"),
    (#"{"name":null,"api_key":"k"}"#, "name and api_key are required"),
    (
      #"{"name":"x","api_key":"sk-a...b"}"#,
      "cannot save obfuscated API key - please provide the full API key"
    ),
    (
      #"{"name":"x","api_key":"sk-****b"}"#,
      "cannot save obfuscated API key - please provide the full API key"
    ),
    (#"{"name":"x","api_key":"a\r\nb"}"#, "api_key must be"),
    (#"{"name":"x\u0000","api_key":"k"}"#, "name must not contain"),
  ])
  func creationRefuses(_ body: String, _ message: String) async throws {
    try await TestPlane.run { plane in
      let answer = await plane.send("POST", "/manage/projects", text: body)
      #expect(answer.status == 400)
      #expect(answer.error.hasPrefix(message))
      #expect(await plane.send("GET", "/manage/projects").json == [])
    }
  }

  @Test func aTakenNameIsAConflict() async throws {
    try await TestPlane.run { plane in
      _ = try await plane.makeProject("alpha")
      let other = try await plane.makeProject("beta")
      let create = await plane.send("POST", "/manage/projects", ["name": "alpha", "api_key": "k"])
      #expect(create.status == 409)
      #expect(create.string("code") == "project_name_taken")
      let rename = await plane.send("PATCH", "/manage/projects/\(other)", ["name": "alpha"])
      #expect(rename.status == 409)
      #expect(await plane.send("PATCH", "/manage/projects/\(other)", ["name": "beta"]).status == 200)
    }
  }

  @Test func theListIsOrderedByNameAndPaged() async throws {
    try await TestPlane.run { plane in
      #expect(await plane.send("GET", "/manage/projects").text == "[]\n")
      for name in ["c", "a", "b", "e", "d"] { _ = try await plane.makeProject(name) }
      let all = await plane.send("GET", "/manage/projects").json.elements
      #expect(all.map { $0["name"]?.string } == ["a", "b", "c", "d", "e"])
      #expect(all.allSatisfy { $0.names == Self.keys })
      var names: [String?] = []
      var target = "/manage/projects?limit=2"
      while true {
        let page = await plane.send("GET", target)
        names += page.json.elements.map { $0["name"]?.string }
        guard let next = page.header("X-Next-After") else { break }
        #expect(page.header("Link") == "</manage/projects?limit=2&after=\(next)>; rel=\"next\"")
        target = "/manage/projects?limit=2&after=\(next)"
      }
      #expect(names == ["a", "b", "c", "d", "e"])
      #expect(await plane.send("GET", "/manage/projects?after=nope").status == 400)
    }
  }

  @Test(arguments: [
    "/manage/projects/", "/manage/projects/a/b", "/manage/projects/a/", "/manage/projects/a%2Fb",
  ])
  func idsThatCannotBeAreRefused(_ path: String) async throws {
    try await TestPlane.run { plane in
      for method in ["GET", "PATCH", "DELETE"] {
        let answer = await plane.send(method, path, [:])
        #expect(answer.status == 400)
        #expect(answer.error == "invalid project id")
      }
    }
  }

  @Test func unknownProjectsAreNotFound() async throws {
    try await TestPlane.run { plane in
      for (method, path) in [
        ("GET", "/manage/projects/nope"), ("PATCH", "/manage/projects/nope"),
        ("DELETE", "/manage/projects/nope"),
        ("POST", "/manage/projects/nope/tokens/revoke"),
      ] {
        let answer = await plane.send(method, path, [:])
        #expect(answer.status == 404)
        #expect(answer.error == "project not found")
        #expect(answer.string("code") == "project_not_found")
      }
    }
  }

  @Test func changesKeepWhatIsNotGiven() async throws {
    try await TestPlane.run { plane in
      let id = try await plane.makeProject()
      let before = await plane.send("GET", "/manage/projects/\(id)").json
      let empty = await plane.send("PATCH", "/manage/projects/\(id)", [:])
      #expect(empty.status == 200)
      #expect(empty.json["updated_at"] != before["updated_at"])
      #expect(empty.string("name") == "alpha")
      let renamed = await plane.send("PATCH", "/manage/projects/\(id)", ["name": "beta", "api_key": ""])
      #expect(renamed.string("name") == "beta")
      #expect(renamed.string("api_key") == "sk-upstr...cdef")
      let key = await plane.send(
        "PATCH", "/manage/projects/\(id)", ["openai_api_key": "sk-another-key-987654321"])
      #expect(key.string("api_key") == "sk-anoth...4321")
      #expect(!key.text.contains("sk-another-key-987654321"))
    }
  }

  @Test func deactivationIsShownAndTakenBack() async throws {
    try await TestPlane.run { plane in
      let id = try await plane.makeProject()
      let token = try await plane.makeToken(id)
      let off = await plane.send(
        "PATCH", "/manage/projects/\(id)", ["is_active": .bool(false), "revoke_tokens": .bool(true)])
      #expect(off.status == 200)
      #expect(off.names == Self.inactiveKeys)
      #expect(off.json["is_active"] == .bool(false))
      #expect(await plane.send("GET", "/manage/tokens/\(token.id)").json["is_active"] == .bool(false))
      let refused = await plane.send(
        "POST", "/manage/tokens", ["project_id": .string(id), "duration_minutes": .integer(5)])
      #expect(refused.status == 403)
      #expect(refused.error == "cannot create tokens for inactive projects")
      #expect(refused.string("code") == "project_inactive")
      let on = await plane.send("PATCH", "/manage/projects/\(id)", ["is_active": .bool(true)])
      #expect(on.names == Self.keys)
    }
  }

  @Test(arguments: [
    (#"{"revoke_tokens":true}"#, "revoke_tokens requires is_active=false"),
    (#"{"revoke_tokens":false}"#, "revoke_tokens requires is_active=false"),
    (#"{"revoke_tokens":true,"is_active":true}"#, "revoke_tokens requires is_active=false"),
    (#"{"name":""}"#, "name must not be empty"), (#"{"api_key":"a...b"}"#, "cannot save obfuscated API key"),
    (#"{"is_active":"no"}"#, #"invalid request body: field "is_active" must be a boolean"#),
    (#"{"colour":"red"}"#, #"unknown field "colour""#), ("{", "invalid request body"),
  ])
  func changesRefuse(_ body: String, _ message: String) async throws {
    try await TestPlane.run { plane in
      let id = try await plane.makeProject()
      let before = await plane.send("GET", "/manage/projects/\(id)").json
      let answer = await plane.send("PATCH", "/manage/projects/\(id)", text: body)
      #expect(answer.status == 400)
      #expect(answer.error.hasPrefix(message))
      #expect(await plane.send("GET", "/manage/projects/\(id)").json == before)
    }
  }

  @Test func deletionFreesTheNameAndRevokesTheTokens() async throws {
    try await TestPlane.run { plane in
      let id = try await plane.makeProject()
      let token = try await plane.makeToken(id)
      let answer = await plane.send("DELETE", "/manage/projects/\(id)")
      #expect(answer.status == 204)
      #expect(answer.body.isEmpty)
      #expect(await plane.send("GET", "/manage/projects/\(id)").status == 404)
      #expect(await plane.send("DELETE", "/manage/projects/\(id)").status == 404)
      #expect(await plane.send("GET", "/manage/projects").json == [])
      #expect(await plane.send("GET", "/manage/tokens/\(token.id)").json["is_active"] == .bool(false))
      let again = try await plane.makeProject()
      #expect(await plane.send("DELETE", "/manage/projects/\(id)?purge=true").status == 204)
      #expect(await plane.send("GET", "/manage/tokens/\(token.id)").status == 404)
      #expect(await plane.send("GET", "/manage/projects/\(again)").status == 200)
    }
  }

  @Test func bulkRevocationCounts() async throws {
    try await TestPlane.run { plane in
      let id = try await plane.makeProject()
      let path = "/manage/projects/\(id)/tokens/revoke"
      let none = await plane.send("POST", path)
      #expect(none.status == 200)
      #expect(none.text == "{\"revoked_count\":0,\"already_revoked_count\":0,\"total_tokens\":0}\n")
      for _ in 0..<2 { _ = try await plane.makeToken(id) }
      let revoked = try await plane.makeToken(id)
      #expect(await plane.send("DELETE", "/manage/tokens/\(revoked.id)").status == 204)
      #expect(
        await plane.send("POST", path).text
          == "{\"revoked_count\":2,\"already_revoked_count\":1,\"total_tokens\":3}\n")
      for bad in ["/manage/projects/tokens/revoke", "/manage/projects/a/b/tokens/revoke"] {
        let answer = await plane.send("POST", bad)
        #expect(answer.status == 400)
        #expect(answer.error == "invalid path")
      }
      #expect(await plane.send("GET", path).status == 400)
    }
  }
}
