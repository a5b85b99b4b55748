import ProxyCore
import Testing

@testable import ProxyManagement

@Suite struct QueryFieldsTests {
  @Test func readsTheFirstValueOfTheFirstName() {
    let query = QueryFields("projectId=b&project_id=a&x=1&x=2&e=&bad=%zz&s=a+b%26")
    #expect(query.text("project_id", "projectId") == "a")
    #expect(query.text("x") == "1")
    #expect(query.text("e") == nil)
    #expect(query.text("bad") == nil)
    #expect(query.text("s") == "a b&")
  }

  @Test func readsSwitches() {
    let query = QueryFields("a=true&b=1&c&d=false&e=0")
    for name in ["a", "b", "c"] { #expect(query.flag(name) == true) }
    for name in ["d", "e"] { #expect(query.flag(name) == false) }
    #expect(query.flag("f") == nil)
  }

  @Test func readsNumbersAsTheGoProgramDoes() {
    let query = QueryFields("a=12abc&b=x&c=-3&d=99999999999999999999&e=+7")
    #expect(query.integer("a") == 12)
    #expect(query.integer("b") == nil)
    #expect(query.integer("c") == -3)
    #expect(query.integer("d") == nil)
    #expect(query.integer("e") == nil)
    #expect(query.integer("f") == nil)
  }

  @Test func looksAtABoundedNumberOfFields() {
    let query = QueryFields((0..<10_000).map { "f\($0)=1" }.joined(separator: "&"))
    #expect(query.text("f0") == "1")
    #expect(query.text("f9999") == nil)
  }

  @Test func pageWindowsAreBoundedAndLinkToTheNext() throws {
    #expect(try PageWindow(QueryFields("")) == nil)
    #expect(try PageWindow(QueryFields("limit=5000"))?.limit == PageWindow.maximum)
    #expect(try PageWindow(QueryFields("after=x"))?.limit == PageWindow.standard)
    for bad in ["limit=0", "limit=-1", "limit=x", "limit=1x"] {
      #expect(throws: ManagementFault.self) { try PageWindow(QueryFields(bad)) }
    }
    let request = ControlRequest(method: "GET", path: "/manage/tokens", query: "after=a&limit=2&project_id=p")
    let headers = try PageWindow(QueryFields(request.query))?.headers(next: "b/c", for: request) ?? []
    #expect(headers.map(\.0) == ["X-Next-After", "Link"])
    #expect(headers.last?.1 == "</manage/tokens?limit=2&project_id=p&after=b%2Fc>; rel=\"next\"")
  }
}
