/// Whether a request's path can be read in one way only.
enum PathShape {
  /// False for empty segments inside the path and for the segments `.` and `..`, percent-encoded or not.
  static func isCanonical(_ path: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index < path.count {
      // At a slash: look at the segment behind it.
      index += 1
      let start = index
      var dots = 0
      var isDotsOnly = true
      while index < path.count, path[index] != UInt8(ascii: "/") {
        let width = dotWidth(path, index)
        if width == 0 {
          isDotsOnly = false
          index += 1
        } else {
          dots += 1
          index += width
        }
      }
      if index == start, index < path.count { return false }
      if isDotsOnly, dots == 1 || dots == 2 { return false }
    }
    return true
  }

  /// Bytes of a dot at `index`: 1 as it is, 3 percent-encoded, 0 when there is none.
  private static func dotWidth(_ path: UnsafeRawBufferPointer, _ index: Int) -> Int {
    if path[index] == UInt8(ascii: ".") { return 1 }
    guard path[index] == UInt8(ascii: "%"), index + 2 < path.count, path[index + 1] == UInt8(ascii: "2")
    else {
      return 0
    }
    return path[index + 2] | 0x20 == UInt8(ascii: "e") ? 3 : 0
  }
}
