import ProxyClient
import ProxyCore

/// What a conversation is held with.
struct ChatSettings {
  /// The proxy.
  let server: BaseURL
  /// The access token.
  let token: Secret
  /// The model.
  var model = "gpt-4.1-mini"
  /// The first message; empty sends none.
  var system = "You are a helpful assistant."
  /// The temperature.
  var temperature = 0.7
  /// Longest answer; 0 sends no bound.
  var maxTokens = 0
  /// True shows times and token counts.
  var isVerbose = false
  /// True shows the answer while it comes.
  var isStreaming = true

  /// Settings with the documented defaults.
  init(server: BaseURL, token: Secret) {
    self.server = server
    self.token = token
  }
}
