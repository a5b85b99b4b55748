/// A pattern over whole names: `*` stands for any text, `?` for one byte, every other byte for itself. Case
/// matters.
public struct NamePattern: Sendable, Equatable {
  /// The pattern as written.
  public let text: String
  private let bytes: [UInt8]

  /// A pattern; every text is one.
  public init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  /// Whether the pattern stands for all of `name`. Time is at most the product of the two lengths.
  public func matches(_ name: String) -> Bool {
    var name = name
    return name.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
  }

  private func matches(_ name: UnsafeRawBufferPointer) -> Bool {
    var (at, place) = (0, 0)
    // Where the last star stands, and how much of the name it stands for so far.
    var (star, taken) = (-1, 0)
    while place < name.count {
      if at < bytes.count, bytes[at] == UInt8(ascii: "*") {
        (star, taken) = (at, place)
        at += 1
      } else if at < bytes.count, bytes[at] == UInt8(ascii: "?") || bytes[at] == name[place] {
        at += 1
        place += 1
      } else if star >= 0 {
        taken += 1
        (at, place) = (star + 1, taken)
      } else {
        return false
      }
    }
    return bytes[at...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
