import ProxyConfig
import ProxyCore

/// Who may use the control plane, and how that is shown.
struct AdminAccounts: Sendable {
  let managementToken: Secret
  private let accounts: [(account: AdminSettings.Account, role: Principal.Role)]

  /// Takes the accounts from the settings.
  init(managementToken: Secret, _ settings: AdminSettings) {
    self.managementToken = managementToken
    accounts =
      [(settings.administrator, Principal.Role.admin), (settings.viewer, .viewer)].compactMap {
        account, role in
        account.map { ($0, role) }
      }
  }

  /// Whether `text` is the management token; takes the same time for every text of its length.
  func isManagementToken(_ text: String) -> Bool { Self.matches(managementToken, text) }

  /// The role of the account that name and password belong to; `nil` when there is none.
  func role(user: String, password: String) -> Principal.Role? {
    var found: Principal.Role?
    // Every account is compared whole, so that the time does not tell which names exist.
    for (account, role) in accounts {
      let isName = Self.matches(Secret(account.user), user)
      let isPassword = Self.matches(account.password, password)
      if isName && isPassword { found = role }
    }
    return found
  }

  private static func matches(_ secret: Secret, _ text: String) -> Bool {
    var text = text
    return text.withUTF8 { secret.matches(UnsafeRawBufferPointer($0)) }
  }
}
