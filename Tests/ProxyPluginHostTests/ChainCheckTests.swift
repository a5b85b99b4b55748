import Testing

@testable import ProxyPluginHost

@Suite
struct ChainCheckTests {
  private typealias Link = ChainCheck.Link
  private let auth = Link(name: "auth", provides: ["llmp.project_id"])

  private func refusal(
    _ links: [ChainCheck.Link], consumers: [(name: String, consumes: [String])] = [],
    allowUnauthenticated: Bool = false
  ) -> String? {
    do {
      try ChainCheck(links: links).check(consumers: consumers, allowUnauthenticated: allowUnauthenticated)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("keys that the host knows need no stage")
  func hostKeys() {
    let stage = Link(name: "a", consumes: ["llmp.model", "llmp.stream", "llmp.operation"])
    #expect(refusal([auth, stage]) == nil)
  }

  @Test("a key that nobody provides is refused, with the nearest key that exists")
  func missingKey() {
    let text = refusal([auth, Link(name: "log", consumes: ["llmp.projct_id"])])
    #expect(
      text?.contains(
        "consumes llmp.projct_id; no earlier stage provides it, did you mean \"llmp.project_id\"?") == true)
  }

  @Test("a stage cannot consume what only itself provides")
  func ownKey() {
    #expect(refusal([auth, Link(name: "a", provides: ["x"], consumes: ["x"])]) != nil)
  }

  @Test("on_error: open is refused where others rely on what the stage provides")
  func failOpen() {
    let cache = Link(name: "cache", onError: .open, provides: ["llmp.cache_status"])
    #expect(refusal([auth, cache]) == nil)
    let text = refusal([auth, cache, Link(name: "log", consumes: ["llmp.cache_status"])])
    #expect(
      text?.contains("pipeline[1] \"cache\": has on_error: open, but \"log\" consumes the llmp.cache_status")
        == true)
    #expect(text?.contains("use on_error: closed") == true)
    #expect(
      refusal([auth, cache], consumers: [("openai", ["llmp.cache_status"])])?.contains("an adapter") == true)
  }

  @Test("a chain in which nobody establishes who pays is refused unless that is allowed")
  func unauthenticated() {
    #expect(refusal([])?.contains("no stage provides llmp.project_id, so anybody could use it") == true)
    #expect(refusal([], allowUnauthenticated: true) == nil)
    var open = auth
    open.onError = .open
    #expect(refusal([open])?.contains("lets everybody in when it fails") == true)
    var partial = auth
    partial.when = StageCondition(methods: ["POST"])
    #expect(refusal([partial])?.contains("its when leaves exchanges out") == true)
    #expect(refusal([open, auth]) == nil)
    #expect(refusal([partial], allowUnauthenticated: true) == nil)
  }

  @Test("where everybody may come in, stages need not be told who it is")
  func anonymous() {
    let forward = Link(name: "forward", consumes: ["llmp.project_id"])
    #expect(refusal([forward], allowUnauthenticated: true) == nil)
    #expect(refusal([forward], consumers: [("a", ["llmp.token_id"])], allowUnauthenticated: true) == nil)
    #expect(
      refusal([forward, auth], allowUnauthenticated: true) != nil, "an order that cannot work stays one")
  }

  @Test("a stage that sees more exchanges than the one it relies on is refused")
  func conditions() {
    var guardStage = Link(name: "guard", provides: ["g"])
    guardStage.when = StageCondition(operations: ["chat.completions", "responses"])
    var user = Link(name: "user", consumes: ["g"])
    #expect(refusal([auth, guardStage, user])?.contains("only for the exchanges of its own when") == true)
    user.when = StageCondition(operations: ["responses"], methods: ["POST"])
    #expect(refusal([auth, guardStage, user]) == nil)
    user.when = StageCondition(operations: ["embeddings"])
    #expect(refusal([auth, guardStage, user]) != nil)
  }

  @Test("adapters may rely on any stage")
  func adapters() {
    #expect(refusal([auth], consumers: [("openai", ["llmp.project_id", "llmp.model"])]) == nil)
    #expect(
      refusal([auth], consumers: [("openai", ["x"])])
        == "apis.openai: its adapter consumes x; no stage provides it; add a stage that provides x")
  }

  @Test("names are not empty and not repeated")
  func names() {
    #expect(throws: PluginError.self) { try ChainCheck.checkNames([""]) }
    #expect(throws: PluginError.self) { try ChainCheck.checkNames(["a", "b", "a"]) }
    #expect(throws: Never.self) { try ChainCheck.checkNames(["a", "b"]) }
  }
}
