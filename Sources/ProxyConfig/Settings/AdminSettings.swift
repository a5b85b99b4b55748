public import ProxyCore

/// The admin UI on the proxy's own port, and who may sign in to it.
public struct AdminSettings: Sendable {
  /// A name and its password.
  public struct Account: Sendable {
    /// Name, compared as written.
    public var user: String
    /// Password.
    public var password: Secret

    /// Makes an account; neither part may be empty.
    public init(user: String, password: Secret) {
      self.user = user
      self.password = password
    }
  }

  /// False means that nothing is served below `/admin`.
  public var isEnabled = true
  /// Folder with the UI's files; it may be absent, then there is no UI but a sentence that says so.
  public var webDirectory = "./build/web"
  /// Where applications reach the API; `nil` means at the address of the UI.
  public var apiBaseURL: String?
  /// May do everything; `nil` means that only the management token signs in.
  public var administrator: Account?
  /// May look at everything and change nothing.
  public var viewer: Account?
  /// A session that is not used for this long ends.
  public var sessionIdle = Duration.seconds(30 * 60)
  /// A session ends after this, however much it is used.
  public var sessionLifetime = Duration.seconds(8 * 60 * 60)
  /// Wrong credentials an address may present in a minute before it is throttled.
  public var loginAttempts = 10

  /// The defaults.
  public init() {}
}
