import ProxyWire

/// Runs the body with the UTF-8 of a text, in memory that holds nothing else, so that a read past its end is
/// one past an allocation.
func withBytes<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
  try Array(text.utf8).withUnsafeBytes(body)
}

/// The text of a range.
func text(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>?) -> String? {
  range.map { String(decoding: bytes[$0], as: UTF8.self) }
}

/// Makes any number of lines a head.
func head(_ lines: String...) -> String { lines.map { $0 + "\r\n" }.joined() + "\r\n" }
