internal import GRDB

extension ProjectRecord {
  static let selection =
    """
    SELECT id, name, api_key, is_active, deactivated_at, created_at, updated_at
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
  }
}
