internal import GRDB
internal import GRDBSQLite

/// A prepared statement stepped without GRDB's row and argument values: for the million-row load and the
/// batched writes, where a `String` or a boxed value per column would be most of the cost. GRDB owns the
/// statement.
struct RawStatement {
  private let pointer: OpaquePointer
  private let connection: OpaquePointer?
  private let texts: StatementTexts?

  /// The statement of `sql` from the connection's cache, reset.
  ///
  /// - Parameter texts: keeps the texts that are bound until the statement has run; without it SQLite allocates
  ///   a copy of each. Such a statement is to be `unbind`ed when it is no longer run.
  init(_ db: Database, _ sql: String, keeping texts: StatementTexts? = nil) throws {
    self.texts = texts
    let statement = try db.cachedStatement(sql: sql)
    pointer = statement.sqliteStatement
    connection = db.sqliteConnection
    sqlite3_reset(pointer)
    sqlite3_clear_bindings(pointer)
  }

  /// Runs to the next row; false at the end, where the statement is reset.
  func step() throws -> Bool {
    let code = sqlite3_step(pointer)
    if code == SQLITE_ROW { return true }
    let failure = sqlite3_reset(pointer)
    guard code == SQLITE_DONE else {
      let message = connection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
      throw DatabaseError(
        resultCode: ResultCode(rawValue: failure == SQLITE_OK ? code : failure), message: message)
    }
    return false
  }

  /// Lets go of what is being read, when a loop ends before the last row.
  func reset() { sqlite3_reset(pointer) }

  /// Runs a statement of which at most the first row matters, and resets it after `row` has read that.
  func run(_ row: (RawStatement) throws -> Void = { _ in }) throws {
    defer { texts?.forget() }
    guard try step() else { return }
    try row(self)
    while try step() {}
  }

  /// Forgets the parameters.
  func unbind() { sqlite3_clear_bindings(pointer) }

  // MARK: Parameters, numbered from 1

  func bind(_ value: Int64?, at index: Int32) {
    if let value { sqlite3_bind_int64(pointer, index, value) } else { sqlite3_bind_null(pointer, index) }
  }

  func bind(_ value: String?, at index: Int32) {
    guard var value else {
      sqlite3_bind_null(pointer, index)
      return
    }
    value.withUTF8 { bind(UnsafeRawBufferPointer($0), at: index) }
  }

  /// Binds text.
  func bind(_ text: UnsafeRawBufferPointer, at index: Int32) {
    if let kept = texts?.keep(text) {
      _ = sqlite3_bind_text(pointer, index, kept, Int32(text.count), nil)
      return
    }
    // SQLITE_TRANSIENT, a cast of -1 that C macros do not export: SQLite copies before the call returns.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    // A null pointer would bind NULL, and an empty text is not that.
    if let base = text.baseAddress {
      let characters = base.assumingMemoryBound(to: CChar.self)
      _ = sqlite3_bind_text(pointer, index, characters, Int32(text.count), transient)
    } else {
      _ = sqlite3_bind_text(pointer, index, "", 0, transient)
    }
  }

  // MARK: Columns, numbered from 0; borrowed until the next step

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }

  func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
    guard let text = sqlite3_column_text(pointer, column) else {
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    return UnsafeRawBufferPointer(start: text, count: Int(sqlite3_column_bytes(pointer, column)))
  }

  func text(_ column: Int32) -> String? {
    isNull(column) ? nil : String(decoding: bytes(column), as: UTF8.self)
  }

  /// A `DATETIME` column: text in any of the driver's forms, or an integer of seconds or milliseconds.
  func moment(_ column: Int32) -> Timestamp? {
    switch sqlite3_column_type(pointer, column) {
    case SQLITE_NULL: nil
    case SQLITE_INTEGER: Timestamp(databaseInteger: integer(column))
    default: Timestamp(databaseBytes: bytes(column))
    }
  }
}
