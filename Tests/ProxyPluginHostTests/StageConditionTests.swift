import Testing

@testable import ProxyPluginHost

@Suite
struct StageConditionTests {
  private func matches(_ condition: StageCondition, _ operation: String, _ path: String, _ method: String)
    -> Bool
  {
    Array(operation.utf8).withUnsafeBytes { operation in
      Array(path.utf8).withUnsafeBytes { path in
        Array(method.utf8).withUnsafeBytes { method in
          condition.matches(operation: operation, path: path, method: method)
        }
      }
    }
  }

  @Test("every list that is not empty must match")
  func matching() {
    let condition = StageCondition(
      operations: ["chat.completions"], pathPrefixes: ["/v1/", "/api"], methods: ["POST", "GET"])
    #expect(matches(condition, "chat.completions", "/v1/chat", "POST"))
    #expect(matches(condition, "chat.completions", "/api", "GET"))
    #expect(!matches(condition, "chat.completion", "/v1/chat", "POST"))
    #expect(!matches(condition, "chat.completions", "/v1", "POST"))
    #expect(!matches(condition, "chat.completions", "/v1/chat", "PUT"))
    #expect(!matches(condition, "", "", ""))
    #expect(matches(StageCondition(), "", "", ""))
  }

  @Test("a condition covers another when everything the other matches is matched")
  func covering() {
    let posts = StageCondition(methods: ["POST"])
    #expect(StageCondition().covers(posts) && !posts.covers(StageCondition()))
    #expect(StageCondition(pathPrefixes: ["/v1"]).covers(StageCondition(pathPrefixes: ["/v1/chat"])))
    #expect(!StageCondition(pathPrefixes: ["/v1/chat"]).covers(StageCondition(pathPrefixes: ["/v1"])))
    #expect(posts.covers(posts))
  }
}
