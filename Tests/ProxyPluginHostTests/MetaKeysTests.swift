import CLLMProxyPlugin
import Testing

@testable import ProxyPluginHost

@Suite
struct MetaKeysTests {
  @Test("names of the header have their fixed keys")
  func fixed() {
    #expect(MetaKeys.key(named: "llmp.project_id") == LLMP_META_PROJECT_ID)
    #expect(MetaKeys.name(of: LLMP_META_DENY_REASON) == "llmp.deny_reason")
    #expect(MetaKeys.fixed.allSatisfy { $0.key < MetaKeys.firstInterned })
    #expect(Set(MetaKeys.fixed.map(\.key)).count == MetaKeys.fixed.count)
  }

  @Test("other names are interned once, from 1024")
  func interned() {
    let key = MetaKeys.key(named: "org.example.meta-keys-test")
    #expect(key >= 1024)
    #expect(MetaKeys.key(named: "org.example.meta-keys-test") == key)
    #expect(MetaKeys.key(named: "org.example.meta-keys-test-2") != key)
    #expect(MetaKeys.name(of: key) == "org.example.meta-keys-test")
    #expect(MetaKeys.key(named: "") == 0)
    #expect(MetaKeys.name(of: 1023) == nil)
  }
}
