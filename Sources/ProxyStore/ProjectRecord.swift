public import ProxyCore

/// A project as management shows it: everything but the provider key in clear.
public struct ProjectRecord: Sendable, Equatable {
  /// UUID text.
  public var id: String
  /// Unique among projects that are not deleted.
  public var name: String
  /// The provider key with its middle hidden (`sk-upstr...cdef`), or empty when it cannot be read.
  public var maskedProviderKey: String
  /// False when the key is sealed and the configured `ENCRYPTION_KEY` does not open it.
  public var isProviderKeyReadable: Bool
  /// False stops its traffic and new tokens.
  public var isActive: Bool
  /// Since when it is inactive.
  public var deactivatedAt: Timestamp?
  /// When it was created.
  public var createdAt: Timestamp
  /// When a field of it was changed last.
  public var updatedAt: Timestamp
}

/// What a new project needs.
public struct ProjectCreation: Sendable {
  /// Not empty, at most 255 bytes.
  public var name: String
  /// The provider's key; not empty. Sealed before it is stored when the store has a sealing key.
  public var providerKey: Secret

  /// A new project of this name and key.
  public init(name: String, providerKey: Secret) {
    self.name = name
    self.providerKey = providerKey
  }
}

/// Fields of a project to change; `nil` keeps the field as it is.
public struct ProjectChange: Sendable {
  /// New name, not empty.
  public var name: String?
  /// New provider key, in force for the next request. An empty one keeps the old.
  public var providerKey: Secret?
  /// Activates or deactivates.
  public var isActive: Bool?
  /// Also revokes all tokens of a project that this change deactivates.
  public var revokesTokens: Bool

  /// Changes the given fields only.
  public init(
    name: String? = nil, providerKey: Secret? = nil, isActive: Bool? = nil, revokesTokens: Bool = false
  ) {
    self.name = name
    self.providerKey = providerKey
    self.isActive = isActive
    self.revokesTokens = revokesTokens
  }
}

/// What a bulk revocation found and did.
public struct RevocationCounts: Sendable, Equatable {
  /// Tokens that were active and are revoked now.
  public var revoked: Int
  /// Tokens that were revoked before.
  public var alreadyRevoked: Int
  /// All tokens of the project.
  public var total: Int
}
