internal import GRDB

extension AuditRecord {
  /// As stored, in the order of `Schema.auditColumns`.
  var columns: [String?] {
    [
      id, timestamp.databaseText, action, actor, projectID, requestID, correlationID, clientIP, method, path,
      userAgent,
      outcome.rawValue, reason, tokenID, metadata,
    ]
  }

  /// Reads a row of `AuditChain.selection`.
  init(_ row: Row) {
    id = row["id"] ?? ""
    timestamp = row.moment("timestamp") ?? Timestamp(seconds: 0)
    action = row["action"] ?? ""
    actor = row["actor"] ?? ""
    outcome = AuditOutcome(rawValue: row["outcome"] ?? "") ?? .error
    projectID = row["project_id"]
    requestID = row["request_id"]
    correlationID = row["correlation_id"]
    clientIP = row["client_ip"]
    method = row["method"]
    path = row["path"]
    userAgent = row["user_agent"]
    reason = row["reason"]
    tokenID = row["token_id"]
    metadata = row["metadata"]
    chainIndex = row["chain_index"]
    chainHash = row["chain_hash"]
  }
}

extension Row {
  /// A `DATETIME` column in any form the Go program's driver accepts.
  func moment(_ column: String) -> Timestamp? {
    let value: DatabaseValue = self[column]
    switch value.storage {
    case .string(let text): return Timestamp(databaseText: text)
    case .int64(let number): return Timestamp(databaseInteger: number)
    default: return nil
    }
  }
}
