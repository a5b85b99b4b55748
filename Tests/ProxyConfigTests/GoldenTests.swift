import Testing

@testable import ProxyConfig

@Suite("What an operator writes and what comes of it")
struct GoldenTests {
  @Test("every golden case comes out as its file says", arguments: try GoldenCase.names())
  func outcome(name: String) throws {
    let golden = try GoldenCase(named: name)
    let actual = try golden.actual()
    if GoldenCase.isUpdating { return try golden.update(named: name, outcome: actual) }
    #expect(actual == golden.expected, "\(name): \(golden.title)")
  }

  @Test("there are cases, each with a title and one outcome")
  func form() throws {
    let names = try GoldenCase.names()
    #expect(names.count > 40)
    for name in names {
      let golden = try GoldenCase(named: name)
      #expect(!golden.title.isEmpty, "\(name)")
      #expect((golden.section("refused") == nil) != (golden.section("accepted") == nil), "\(name)")
    }
  }
}
