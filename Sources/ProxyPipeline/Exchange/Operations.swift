/// Names of the operations of the OpenAI API, by path: what `LLMP_ATTR_OPERATION` and `when:` speak of.
enum Operations {
  /// `chat.completions` for `/v1/chat/completions`, `responses` for `/v1/responses/abc`; empty when unknown.
  static func name(path: Slice) -> Slice {
    for (prefix, name) in table where hasPrefix(path, prefix) { return Slice(name) }
    return Slice()
  }

  /// The same as a `String`, made once; nil when unknown.
  static func string(path: Slice) -> String? {
    for (index, entry) in table.enumerated() where hasPrefix(path, entry.0) { return strings[index] }
    return nil
  }

  private static let strings = table.map { "\($0.1)" }

  // Longest first where one is a prefix of another.
  private static let table: [(StaticString, StaticString)] = [
    ("/v1/chat/completions", "chat.completions"),
    ("/v1/responses", "responses"),
    ("/v1/embeddings", "embeddings"),
    ("/v1/completions", "completions"),
    ("/v1/models", "models"),
    ("/v1/moderations", "moderations"),
    ("/v1/conversations", "conversations"),
    ("/v1/images/generations", "images.generations"),
    ("/v1/images/edits", "images.edits"),
    ("/v1/images/variations", "images.variations"),
    ("/v1/audio/speech", "audio.speech"),
    ("/v1/audio/transcriptions", "audio.transcriptions"),
    ("/v1/audio/translations", "audio.translations"),
    ("/v1/files", "files"),
    ("/v1/uploads", "uploads"),
    ("/v1/batches", "batches"),
    ("/v1/fine_tuning", "fine_tuning"),
    ("/v1/vector_stores", "vector_stores"),
    ("/v1/realtime", "realtime"),
  ]

  private static func hasPrefix(_ path: Slice, _ prefix: StaticString) -> Bool {
    let count = prefix.utf8CodeUnitCount
    guard path.count >= count, let start = path.start else { return false }
    if path.count > count, start[count] != UInt8(ascii: "/") { return false }
    return Slice(start: start, count: count).equals(Slice(prefix))
  }
}
