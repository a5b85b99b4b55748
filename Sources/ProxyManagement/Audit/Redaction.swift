/// Keeps secrets out of what is shown, logged and audited.
enum Redaction {
  /// `text` with everything in the form of an access token or a provider key (`sk-` and 16 or more of
  /// `A-Za-z0-9_-`) replaced by `sk-****`, for texts that come from clients: paths, user agents, names.
  static func scrubbed(_ text: String) -> String {
    guard text.contains("sk-") else { return text }
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var at = 0
    while at < bytes.count {
      // Inside of a word ("risk-assessment-results") it is not the beginning of a key.
      if bytes[at...].starts(with: "sk-".utf8), at == 0 || !isLetterOrDigit(bytes[at - 1]) {
        let end = bytes[(at + 3)...].firstIndex { !isKeyByte($0) } ?? bytes.count
        if end - at - 3 >= 16 {
          out.append(contentsOf: "sk-****".utf8)
          at = end
          continue
        }
      }
      out.append(bytes[at])
      at += 1
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// At most `limit` characters of `text`, scrubbed. Scrubbed first: a cut must not leave half a secret
  /// behind.
  static func shown(_ text: String, _ limit: Int) -> String {
    String(scrubbed(text).prefix(limit))
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122: true
    default: false
    }
  }
}
