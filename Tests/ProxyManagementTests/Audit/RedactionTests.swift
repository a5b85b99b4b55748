import Testing

@testable import ProxyManagement

@Suite struct RedactionTests {
  @Test(arguments: [
    ("/manage/tokens/sk-AbCdEfGhIjKlMnOpQrStUv", "/manage/tokens/sk-****"),
    ("a sk-0123456789abcdef_-x b sk-0123456789abcdef", "a sk-**** b sk-****"),
    ("sk-short", "sk-short"), ("risk-assessment-of-everything", "risk-assessment-of-everything"), ("", ""),
    ("é sk-0123456789abcdef é", "é sk-**** é"),
  ])
  func hidesWhatLooksLikeAKey(_ text: String, _ shown: String) {
    #expect(Redaction.scrubbed(text) == shown)
  }
}
