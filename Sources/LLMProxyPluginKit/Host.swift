internal import CLLMProxyPlugin

/// The proxy, as one instance of a stage sees it. Good until the instance's `stop` has returned.
/// `[any]` thread unless a function says otherwise.
public struct Host: @unchecked Sendable {
  // The table is the host's and does not change while the instance lives; the functions behind it
  // are tagged [any] in the header, except meta_key.
  let table: UnsafePointer<llmp_host_t>

  init(table: UnsafePointer<llmp_host_t>) { self.table = table }

  var context: UnsafeMutablePointer<llmp_ctx_t>? { table.pointee.ctx }

  /// Writes a line to the proxy's log, with the stage's name attached.
  ///
  /// - Parameter fields: a JSON object with values, or empty. No prompts, no keys.
  public func log(_ level: LogLevel, _ message: String, fields: String = "") {
    message.withText { text in
      fields.withText { json in table.pointee.log?(context, level.rawValue, text, json) }
    }
  }

  /// The monotonic clock, in nanoseconds.
  public var monotonicNanoseconds: UInt64 { table.pointee.now_mono_ns?(context) ?? 0 }

  /// Milliseconds since 1970.
  public var unixMilliseconds: Int64 { table.pointee.now_unix_ms?(context) ?? 0 }

  /// The key of that name, for values that stages of one request share. Only in `init`.
  public func metadataKey(_ name: String) throws(PluginFailure) -> MetadataKey {
    var key: llmp_key_t = 0
    let status = name.withText { table.pointee.meta_key?(context, $0, &key) } ?? LLMP_E_UNSUPPORTED
    if status != LLMP_OK { throw PluginFailure.host("meta_key", status) }
    return MetadataKey(rawValue: key)
  }

  /// The answer to `DrainHook.drain`: background work is over.
  public func drained() { table.pointee.drained?(context) }

  /// A service's table, for those this kit has no type for.
  ///
  /// - Throws: when the host does not have it or did not grant it to this stage.
  public func service<Table>(
    _ id: String, as type: Table.Type
  ) throws(PluginFailure) -> UnsafePointer<Table> {
    guard let found = id.withCString({ table.pointee.get_service?(context, $0) }) else {
      throw PluginFailure(
        "service \(id) is not there; the host does not have it or did not grant it",
        code: LLMP_E_UNSUPPORTED)
    }
    return found.assumingMemoryBound(to: Table.self)
  }
}

/// How much a line of the proxy's log matters.
public enum LogLevel: UInt32, Sendable, CaseIterable {
  /// Every step.
  case trace = 0
  /// For finding faults.
  case debug = 1
  /// What happened; a client's mistake is never above this.
  case info = 2
  /// Something is wrong and the stage goes on.
  case warning = 3
  /// Something is wrong and work was lost.
  case error = 4
}
