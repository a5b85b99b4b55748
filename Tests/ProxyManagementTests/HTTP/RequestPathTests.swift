import Testing

@testable import ProxyManagement

@Suite struct RequestPathTests {
  @Test(arguments: [
    ("//", "/"), ("/manage//projects", "/manage/projects"), ("/manage/./projects", "/manage/projects"),
    ("/manage/x/../projects", "/manage/projects"), ("/../../health", "/health"), ("/a/..", "/"),
    ("/manage/projects//", "/manage/projects/"), ("//evil.example/..", "/"), ("", "/"), ("health", "/health"),
    ("/%2e%2e/health", "/health"), ("/a/%2E/b", "/a/b"), ("/./\\evil.example", "/%5Cevil.example"),
  ])
  func cleansAsServeMuxDoes(_ path: String, _ cleaned: String) {
    #expect(CanonicalPath.redirection(of: path) == cleaned)
    #expect(CanonicalPath.redirection(of: cleaned) == nil)
  }

  @Test(arguments: ["/", "/health", "/manage/projects/", "/manage/tokens/a.b", "/a/...", "/a%2Fb", "/a/..b"])
  func leavesCanonicalPathsAlone(_ path: String) {
    #expect(CanonicalPath.redirection(of: path) == nil)
  }

  @Test func decodesEscapesAndRefusesBrokenOnes() {
    #expect(Percent.decoded("a%2Fb%C3%A9+") == "a/bé+")
    #expect(Percent.decoded("a+b", plusIsSpace: true) == "a b")
    for broken in ["%", "%2", "%zz", "%ff"] as [Substring] { #expect(Percent.decoded(broken) == nil) }
    #expect(Percent.encoded("a b/é~") == "a%20b%2F%C3%A9~")
  }
}
