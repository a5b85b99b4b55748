/// Byte-exact edits of a JSON document: everything outside the edited value stays as it was sent, because a
/// provider's prompt cache misses when one byte of the prefix moves.
public enum JSONSplice {
  /// The document with the value at `pointer` (RFC 6901) replaced.
  ///
  /// A last reference token that names no member yet adds one at the end of its object. An empty `value`
  /// removes the member. The text must be valid JSON; only members of objects are added or removed.
  ///
  /// - Returns: nil when the pointer is malformed or leads nowhere.
  public static func set(
    _ pointer: UnsafeRawBufferPointer, to value: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer
  ) -> [UInt8]? {
    if let range = JSONPointer.resolve(pointer, in: text) {
      if value.isEmpty { return remove(pointer, range, text) }
      return Array(text[..<range.lowerBound]) + Array(value) + Array(text[range.upperBound...])
    }
    if value.isEmpty { return nil }
    return add(pointer, value, text)
  }

  private static func parent(_ pointer: UnsafeRawBufferPointer) -> (
    parent: UnsafeRawBufferPointer, name: [UInt8]
  )? {
    guard let slash = pointer.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    var name: [UInt8] = []
    var index = slash + 1
    while index < pointer.count {
      if pointer[index] == UInt8(ascii: "~") {
        guard index + 1 < pointer.count, pointer[index + 1] &- UInt8(ascii: "0") < 2 else { return nil }
        name.append(pointer[index + 1] == UInt8(ascii: "1") ? UInt8(ascii: "/") : UInt8(ascii: "~"))
        index += 2
      } else {
        name.append(pointer[index])
        index += 1
      }
    }
    return (UnsafeRawBufferPointer(rebasing: pointer[..<slash]), name)
  }

  private static func add(
    _ pointer: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer
  ) -> [UInt8]? {
    guard let (parent, name) = parent(pointer), let object = JSONPointer.resolve(parent, in: text),
      text[object.lowerBound] == UInt8(ascii: "{")
    else { return nil }
    let brace = object.upperBound - 1
    var before = brace - 1
    while isBlank(text[before]) { before -= 1 }
    let isEmpty = before == object.lowerBound
    var out = Array(text[...before])
    if !isEmpty { out.append(UInt8(ascii: ",")) }
    name.withUnsafeBytes { JSONText.appendLiteral($0, to: &out) }
    out.append(UInt8(ascii: ":"))
    out += Array(value)
    return out + Array(text[(before + 1)...])
  }

  private static func remove(
    _ pointer: UnsafeRawBufferPointer, _ range: Range<Int>, _ text: UnsafeRawBufferPointer
  ) -> [UInt8]? {
    guard let (parent, _) = parent(pointer), let object = JSONPointer.resolve(parent, in: text),
      text[object.lowerBound] == UInt8(ascii: "{")
    else { return nil }
    // Back over the colon to the key's opening quote, then over one comma on either side.
    var start = range.lowerBound - 1
    while text[start] != UInt8(ascii: ":") { start -= 1 }
    while text[start] != UInt8(ascii: "\"") { start -= 1 }
    start -= 1
    while text[start] != UInt8(ascii: "\"") || isEscaped(start, text) { start -= 1 }
    var end = range.upperBound
    var next = end
    while isBlank(text[next]) { next += 1 }
    if text[next] == UInt8(ascii: ",") {
      end = next + 1
    } else {
      var before = start - 1
      while isBlank(text[before]) { before -= 1 }
      if text[before] == UInt8(ascii: ",") { start = before }
    }
    return Array(text[..<start]) + Array(text[end...])
  }

  private static func isEscaped(_ position: Int, _ text: UnsafeRawBufferPointer) -> Bool {
    var slashes = 0
    var index = position - 1
    while index >= 0, text[index] == UInt8(ascii: "\\") {
      slashes += 1
      index -= 1
    }
    return slashes % 2 == 1
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 32 || byte == 10 || byte == 13 || byte == 9
  }
}
