import Testing

@testable import ProxyManagement

@Suite struct SettingRedactionTests {
  @Test(arguments: [
    (#"{"api_key":"abc","n":1}"#, #"{"api_key":"••••","n":1}"#),
    (#"{"nested":[{"Password":"x"}]}"#, #"{"nested":[{"Password":"••••"}]}"#),
    (#"{"credentials":{"user":"u","pass":"p"}}"#, #"{"credentials":"••••"}"#),
    (#"{"max_tokens":"5","token_limit":7}"#, #"{"max_tokens":"5","token_limit":7}"#),
    (#"{"url":"https://user:pw@host/x"}"#, #"{"url":"https://••••@host/x"}"#),
    (#"{"text":"sk-0123456789abcdef0123"}"#, #"{"text":"sk-****"}"#),
    ("not json", #""••••""#), ("", "{}"),
  ])
  func secretsAreDots(settings: String, shown: String) {
    #expect(SettingRedaction.shown(settings).text == shown)
  }
}
