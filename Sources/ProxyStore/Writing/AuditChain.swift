internal import Crypto
internal import Foundation
internal import GRDB

/// The hash chain over the audit trail: each row carries SHA-256 over the hash before it and its own content,
/// so that a row that was altered, inserted or removed afterwards is found. Written inside a write
/// transaction only, so that the rows of several processes on one file form one chain.
enum AuditChain {
  /// Columns of a row in the order they are hashed.
  static let selection = "SELECT chain_index, chain_hash, \(Schema.auditColumns) FROM audit_events"

  /// Hash of a row: `index`, then every column as a byte 0 for NULL, or 1, its length (4 bytes, big-endian)
  /// and text.
  static func hash(previous: String, index: Int64, columns: [String?]) -> String {
    var function = SHA256()
    func add(_ text: String?) {
      guard let text else { return function.update(data: [0]) }
      let bytes = Array(text.utf8)
      function.update(data: [1])
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: bytes.count).bigEndian) {
        function.update(bufferPointer: $0)
      }
      function.update(data: bytes)
    }
    add(previous)
    withUnsafeBytes(of: index.bigEndian) { function.update(bufferPointer: $0) }
    for column in columns { add(column) }
    return String(
      decoding: function.finalize().flatMap { [HexDigit.lower($0 >> 4), HexDigit.lower($0 & 15)] },
      as: UTF8.self)
  }

  /// Appends rows to the trail and returns them with their links.
  @discardableResult
  static func append(_ records: [AuditRecord], _ db: Database) throws -> [AuditRecord] {
    guard !records.isEmpty else { return [] }
    let (records, place) = try resumed(records, db)
    var (index, last) = place
    let statement = try RawStatement(
      db,
      """
      INSERT INTO audit_events (\(Schema.auditColumns), chain_index, chain_hash)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    var linked: [AuditRecord] = []
    for var record in records {
      index += 1
      let columns = record.columns
      last = hash(previous: last, index: index, columns: columns)
      for (at, column) in columns.enumerated() { statement.bind(column, at: Int32(at + 1)) }
      statement.bind(index, at: 16)
      statement.bind(last, at: 17)
      try statement.run()
      record.chainIndex = index
      record.chainHash = last
      linked.append(record)
    }
    try db.execute(
      sql: "UPDATE llmp_audit_chain SET last_index = ?, last_hash = ? WHERE id = 1", arguments: [index, last])
    return linked
  }

  /// Computes every hash again, from where the chain begins now.
  static func verify(_ db: Database) throws -> AuditVerification {
    let (lastIndex, lastHash) = try head(db)
    let anchor = try anchor(db)
    var result = AuditVerification(verified: 0, unchained: 0, problem: nil, headHash: nil)
    result.removed = anchor.index
    result.unchained =
      try Int.fetchOne(db, sql: "SELECT count(*) FROM audit_events WHERE chain_index IS NULL") ?? 0
    result.headHash = lastIndex == 0 ? nil : lastHash
    var (expected, previous): (Int64, String) = (anchor.index + 1, anchor.hash)
    let rows = try RawStatement(db, selection + " WHERE chain_index IS NOT NULL ORDER BY chain_index")
    defer { rows.reset() }
    while result.problem == nil, try rows.step() {
      let (index, stored) = (rows.integer(0), rows.text(1) ?? "")
      let id = rows.text(2) ?? ""
      guard index == expected else {
        result.problem = "event \(expected) is missing: the next one is \(index) (\(id))"
        break
      }
      previous = hash(previous: previous, index: index, columns: (2..<17).map { rows.text($0) })
      guard previous == stored else {
        result.problem = "event \(index) (\(id)) or the one before it was altered"
        break
      }
      result.verified += 1
      expected += 1
    }
    if result.problem == nil, expected != lastIndex + 1 || previous != lastHash {
      result.problem =
        "the newest events are missing: the chain ends at \(expected - 1) and was last at \(lastIndex)"
    }
    if result.problem == nil { result.problem = try unexplained(anchor, db) }
    return result
  }

  /// Where the chain goes on, and what with. A head that lags behind the rows, as after somebody set it back, must not
  /// keep every further event from being written: the chain goes on behind its last row, and says so.
  private static func resumed(
    _ records: [AuditRecord], _ db: Database
  ) throws -> (records: [AuditRecord], place: (index: Int64, hash: String)) {
    let head = try head(db)
    let newest = try RawStatement(
      db,
      """
      SELECT chain_index, chain_hash FROM audit_events WHERE chain_index > ? ORDER BY chain_index DESC LIMIT 1
      """)
    newest.bind(head.index, at: 1)
    var place = head
    try newest.run { place = ($0.integer(0), $0.text(1) ?? "") }
    guard place.index > head.index else { return (records, head) }
    var note = AuditRecord(action: resumption, actor: "system", outcome: .failure)
    note.reason = "the head of the chain was at \(head.index) and its newest event at \(place.index)"
    return ([note] + records, place)
  }

  /// What the event is called that says that the head was behind.
  static let resumption = "audit.resume"

  /// Newest link: the last event and its hash.
  static func head(_ db: Database) throws -> (index: Int64, hash: String) {
    guard
      let row = try Row.fetchOne(db, sql: "SELECT last_index, last_hash FROM llmp_audit_chain WHERE id = 1")
    else { return (0, "") }
    return (row["last_index"], row["last_hash"])
  }
}
