internal import Foundation

/// What a check of the audit trail's file found.
public struct AuditFileVerification: Sendable, Equatable {
  /// Files read, rotated ones included.
  public var files = 0
  /// Lines whose chain is right.
  public var verified = 0
  /// Lines without a chain, written by an older program or by the Go program.
  public var unchained = 0
  /// The first thing wrong, with file and line; `nil` when the chain is whole.
  public var problem: String?
  /// Chain of the newest line; kept elsewhere it proves that nothing was cut off at the end.
  public var headHash: String?

  /// Ids of the events in the file, for the comparison with the database.
  var ids: Set<String> = []

  /// Reads the file at `path` and the rotated ones beside it (`path.1` is the newest), oldest first, and computes
  /// the chain again. Blocks.
  ///
  /// When old files were removed by rotation the chain begins in the middle: its first line is then taken as it
  /// is.
  public init(path: String) throws(StoreError) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw .unusable("there is no audit file at \(path); name it with --file or AUDIT_LOG_FILE")
    }
    var names = [path]
    while FileManager.default.fileExists(atPath: "\(path).\(names.count)") {
      names.append("\(path).\(names.count)")
    }
    var previous: String?
    for name in names.reversed() {
      files += 1
      try StoreFile.plainly(name) { try read(name, &previous) }
    }
    headHash = previous
  }

  private mutating func read(_ name: String, _ previous: inout String?) throws {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: name))
    // A file that cannot be closed was read all the same.
    defer { try? file.close() }
    var rest: [UInt8] = []
    var number = 0
    while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
      rest += piece
      let lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      for line in lines.dropLast() {
        number += 1
        take(line, "\(name):\(number)", &previous)
      }
      rest = Array(lines.last ?? [])
    }
    if !rest.isEmpty { take(rest[...], "\(name):\(number + 1)", &previous) }
  }

  private mutating func take(_ line: ArraySlice<UInt8>, _ place: String, _ previous: inout String?) {
    guard !line.isEmpty else { return }
    if let id = Self.id(of: line) { ids.insert(id) }
    guard let chain = AuditLineChain.chain(of: line) else {
      unchained += 1
      // Once there is a chain, every line that we write whole is in it.
      if previous != nil, problem == nil { problem = "\(place) is not in the chain" }
      return
    }
    let isRight = AuditLineChain.holds(line, after: previous ?? "") == true
    if isRight || previous == nil {
      verified += 1
    } else if problem == nil {
      problem = "\(place) or the line before it was altered, or lines between them were removed"
    }
    previous = chain
  }

  /// The id of an event, which stands first in its line.
  private static func id(of line: ArraySlice<UInt8>) -> String? {
    let opening = Array("{\"id\":\"".utf8)
    guard line.starts(with: opening) else { return nil }
    return String(decoding: line.dropFirst(opening.count).prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
  }
}

extension StoreFile {
  /// How many events of the database are not in the file, of those that are newer than the oldest one that is in
  /// both. Zero when every event went to both, as it does while both can be written.
  public func missing(in file: AuditFileVerification) throws(StoreError) -> Int {
    try connected(.reading) { db in
      var hasBegun = false
      var missing = 0
      let rows = try RawStatement(
        db, "SELECT id, action FROM audit_events WHERE chain_index IS NOT NULL ORDER BY chain_index")
      while try rows.step() {
        let isThere = file.ids.contains(rows.text(0) ?? "")
        hasBegun = hasBegun || isThere
        if hasBegun, !isThere, !AuditChain.inward.contains(rows.text(1) ?? "") { missing += 1 }
      }
      return missing
    }
  }
}
