internal import GRDB
internal import ProxyCore

extension ProjectRecord {
  static let selection =
    """
    SELECT id, name, api_key, is_active, deactivated_at, created_at, updated_at, policy, metadata, budget,
      \(UsageBalance.column(.project, of: "projects")) AS balance
    FROM projects WHERE deleted_at IS NULL
    """

  static func fetch(_ id: String, _ sealingKey: SealingKey?, _ db: Database) throws -> ProjectRecord {
    guard let row = try Row.fetchOne(db, sql: selection + " AND id = ?", arguments: [id]) else {
      throw StoreError.notFound
    }
    return ProjectRecord(row, sealingKey)
  }

  init(_ row: Row, _ sealingKey: SealingKey?) {
    id = row["id"] ?? ""
    name = row["name"] ?? ""
    let key = StoredProviderKey(column: row["api_key"] ?? "", sealingKey: sealingKey)
    if case .readable(let secret) = key {
      maskedProviderKey = Mask.key(secret.revealText())
    } else {
      maskedProviderKey = ""
    }
    isProviderKeyReadable = key.problem == nil
    isActive = row["is_active"] ?? false
    deactivatedAt = row.moment("deactivated_at")
    createdAt = row.moment("created_at") ?? Timestamp(seconds: 0)
    updatedAt = row.moment("updated_at") ?? Timestamp(seconds: 0)
    policy = JSONValue(column: row["policy"])
    metadata = JSONValue(column: row["metadata"])
    budget = BudgetLimits(column: row["budget"])
    spent = UsageBalance(column: row["balance"]).spentNow
  }
}

extension JSONValue {
  /// The document in a column; text that is none is shown as it stands, so that an operator can see and mend it.
  init?(column text: String?) {
    guard let text else { return nil }
    // What is wrong with it does not matter: it is shown.
    self = (try? JSONReader.onlyValue(of: Array(text.utf8))) ?? .string(text)
  }
}

extension PolicyRules {
  /// The `policy` column; `nil` when it says nothing.
  var columnText: String? { isEmpty ? nil : text }

  /// The `metadata` column; `nil` when it says nothing.
  var metadataColumnText: String? { headers.isEmpty ? nil : metadata.plainText }
}
