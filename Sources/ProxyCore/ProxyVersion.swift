/// What this program calls itself: in `/health`, `X-Proxy-Version`, `--version` and the plugin host.
public enum ProxyVersion {
  /// Product name, as sent in `X-Proxy`.
  public static let name = "llm-proxy"
  /// Semantic version of this build.
  public static let number = "0.2.0"
}
