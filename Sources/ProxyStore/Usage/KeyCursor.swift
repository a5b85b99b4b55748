/// A place in a list ordered by several values: hexadecimal text of the values, each with its length before it.
struct KeyCursor: Equatable {
  var values: [String]

  init(_ values: [String]) {
    self.values = values
  }

  /// Reads what `text` gives; `nil` for anything else.
  init?(text: String, count: Int) {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0, digits.count <= 4096 else { return nil }
    var bytes: [UInt8] = []
    for at in stride(from: 0, to: digits.count, by: 2) {
      guard let high = HexDigit.value(digits[at]), let low = HexDigit.value(digits[at + 1]) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    var rest = bytes[...]
    values = []
    while !rest.isEmpty {
      guard let colon = rest.firstIndex(of: UInt8(ascii: ":")),
        let length = Int(String(decoding: rest[..<colon], as: UTF8.self)), length >= 0,
        length <= rest.endIndex - colon - 1
      else { return nil }
      values.append(String(decoding: rest[(colon + 1)..<(colon + 1 + length)], as: UTF8.self))
      rest = rest[(colon + 1 + length)...]
    }
    guard values.count == count else { return nil }
  }

  var text: String {
    let bytes = values.flatMap { Array("\($0.utf8.count):\($0)".utf8) }
    return String(
      decoding: bytes.flatMap { [HexDigit.lower($0 >> 4), HexDigit.lower($0 & 15)] }, as: UTF8.self)
  }
}
