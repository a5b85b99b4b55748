/// A place in a list ordered by one column and, among equals, by id.
struct PageCursor {
  /// The column's value as text.
  var place: String
  var id: String

  init(place: String, id: String) {
    self.place = place
    self.id = id
  }

  /// Reads hexadecimal text of `place|id`.
  init?(text: String) {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0, digits.count <= 512 else { return nil }
    var bytes: [UInt8] = []
    for at in stride(from: 0, to: digits.count, by: 2) {
      guard let high = HexDigit.value(digits[at]), let low = HexDigit.value(digits[at + 1]) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    let parts = bytes.split(separator: UInt8(ascii: "|"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    place = String(decoding: parts[0], as: UTF8.self)
    id = String(decoding: parts[1], as: UTF8.self)
  }

  var text: String {
    let bytes = Array("\(place)|\(id)".utf8)
    return String(
      decoding: bytes.flatMap { [HexDigit.lower($0 >> 4), HexDigit.lower($0 & 15)] }, as: UTF8.self)
  }
}
