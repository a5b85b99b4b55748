/// Bytes of header fields.
extension UnsafeRawBufferPointer {
  /// Without white space around it.
  var trimmed: UnsafeRawBufferPointer {
    var (start, end) = (0, count)
    while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
    while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: self[start..<end])
  }

  /// The word, in any case; `word` is in lower case.
  func isWord(_ word: StaticString) -> Bool {
    guard count == word.utf8CodeUnitCount else { return false }
    for index in 0..<count where self[index].asciiLowercased != word.utf8Start[index] { return false }
    return true
  }
}

extension UInt8 {
  /// The letter in lower case; any other byte as it is.
  var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}

/// The elements of a list, `a, b, "c, d"`; empty ones are left out.
func forEachElement(of line: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
  var (start, isQuoted) = (0, false)
  for index in 0...line.count {
    let isEnd = index == line.count
    if !isEnd, line[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
    guard isEnd || (line[index] == UInt8(ascii: ",") && !isQuoted) else { continue }
    let element = UnsafeRawBufferPointer(rebasing: line[start..<index]).trimmed
    if !element.isEmpty { body(element) }
    start = index + 1
  }
}
