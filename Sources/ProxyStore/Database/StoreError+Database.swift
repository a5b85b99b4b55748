internal import GRDB

extension StoreError {
  /// Reads an error of SQLite as something a client may be told.
  init(database error: any Error) {
    if let error = error as? StoreError {
      self = error
      return
    }
    guard let error = error as? DatabaseError else {
      self = .unavailable(reason: "the operation could not be carried out")
      return
    }
    self = .unavailable(reason: error.plainReason)
  }
}

extension DatabaseError {
  /// True when the fault lies with the file or the disk and not with the statement: then the whole
  /// transaction is to be repeated later.
  var isEnvironmental: Bool {
    switch resultCode.primaryResultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CORRUPT,
      .SQLITE_NOTADB,
      .SQLITE_CANTOPEN, .SQLITE_NOMEM, .SQLITE_PERM, .SQLITE_PROTOCOL:
      true
    default: false
    }
  }

  /// A clause without path, SQL or values.
  var plainReason: String {
    switch resultCode.primaryResultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: "the database is locked by another program"
    case .SQLITE_FULL: "the disk is full"
    case .SQLITE_IOERR: "the database file cannot be read or written"
    case .SQLITE_READONLY, .SQLITE_PERM: "the database file cannot be written"
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: "the database file is damaged or not a database"
    case .SQLITE_CANTOPEN: "the database file cannot be opened"
    case .SQLITE_NOMEM: "memory is short"
    default: "the database answered with code \(extendedResultCode.rawValue)"
    }
  }
}
