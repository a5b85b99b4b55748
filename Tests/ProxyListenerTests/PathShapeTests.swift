import Testing

@testable import ProxyListener

@Suite struct PathShapeTests {
  @Test(arguments: ["/v1/models", "/v1/models/", "/v1/.hidden", "/v1/a..b", "/v1/...", "/v1/a%2eb", "/v1/%2"])
  func pathsThatCanBeReadInOneWayAreCanonical(_ path: String) {
    let isCanonical = Array(path.utf8).withUnsafeBytes { PathShape.isCanonical($0) }
    #expect(isCanonical)
  }

  @Test(arguments: [
    "/v1//models", "/v1/./models", "/v1/../manage", "/v1/models/..", "/v1/.", "/v1/%2e%2E/x", "/v1/.%2e/x",
    "//v1/models",
  ])
  func pathsWithEmptyOrDotSegmentsAreNot(_ path: String) {
    let isCanonical = Array(path.utf8).withUnsafeBytes { PathShape.isCanonical($0) }
    #expect(!isCanonical)
  }
}
