import Testing

@testable import ProxyManagement

@Suite struct HostileBodyTests {
  private static let targets = [
    ("POST", "/manage/projects"), ("POST", "/manage/tokens"), ("PATCH", "PROJECT"), ("PATCH", "TOKEN"),
  ]

  /// Sends a body to everything that reads one, and expects a refusal that leaves the state alone.
  private func refuse(_ body: [UInt8], status: UInt16 = 400) async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let token = try await plane.makeToken(project)
      let paths = ["PROJECT": "/manage/projects/\(project)", "TOKEN": "/manage/tokens/\(token.id)"]
      let tokens = await plane.send("GET", "/manage/tokens").json
      let projects = await plane.send("GET", "/manage/projects").json
      for (method, target) in Self.targets {
        let answer = await plane.raw(
          method, paths[target] ?? target, headers: [("authorization", "Bearer \(TestPlane.token)")],
          body: body)
        #expect(answer.status == status, "\(method) \(target)")
        _ = answer.error
        #expect(answer.body.count < 512)
      }
      #expect(await plane.send("GET", "/manage/tokens").json == tokens)
      #expect(await plane.send("GET", "/manage/projects").json == projects)
    }
  }

  @Test func overOneMebibyteIsTooLarge() async throws {
    try await refuse([UInt8](repeating: UInt8(ascii: " "), count: RequestFields.limitBytes + 1), status: 413)
  }

  @Test func deepNestingIsRefused() async throws {
    try await refuse(Array((#"{"a":"# + String(repeating: "[", count: 500_000)).utf8))
  }

  @Test func invalidUTF8IsRefused() async throws {
    try await refuse(Array(#"{"name":""#.utf8) + [0xff, 0xfe] + Array(#""}"#.utf8))
  }

  @Test func aNameGivenTwiceIsRefused() async throws {
    try await refuse(Array(#"{"is_active":true,"Is_Active":false}"#.utf8))
  }

  @Test func aLongUnknownNameIsNotEchoedWhole() async throws {
    try await refuse(Array("{\"\(String(repeating: "n", count: 100_000))\":1}".utf8))
  }

  @Test func otherMediaTypesAndTextAfterTheValueDoNotMatter() async throws {
    try await TestPlane.run { plane in
      let answer = await plane.raw(
        "POST", "/manage/projects",
        headers: [
          ("authorization", "Bearer \(TestPlane.token)"), ("content-type", "text/plain; charset=latin-1"),
        ],
        body: Array(#"{"NAME":"x","Api_Key":"k","unknown":[{"deep":1}]} trailing"#.utf8))
      #expect(answer.status == 201)
    }
  }

  @Test func thousandsOfMembersAreRead() async throws {
    try await TestPlane.run { plane in
      let members = (0..<20_000).map { "\"f\($0)\":\($0)" }.joined(separator: ",")
      let answer = await plane.send(
        "POST", "/manage/projects", text: "{\(members),\"name\":\"x\",\"api_key\":\"k\"}")
      #expect(answer.status == 201)
    }
  }
}
