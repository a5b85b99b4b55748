/// Little-endian reads from a file image, each checked against its size.
struct ELFReader {
  let bytes: UnsafeRawBufferPointer
  let file: String

  var count: Int { bytes.count }

  func failure(_ problem: String, _ remedy: String) -> PluginError {
    PluginError(.image, file, problem, remedy: remedy)
  }

  /// Throws unless `size` bytes from `offset` lie within the file.
  func check(_ offset: Int, _ size: Int, _ what: String) throws(PluginError) {
    guard offset >= 0, size >= 0, offset <= count, size <= count - offset else {
      throw failure(
        "is cut off: \(what) ends at byte \(offset.addingReportingOverflow(size).partialValue), "
          + "the file has \(count)",
        "copy or build it again")
    }
  }

  func byte(_ offset: Int) throws(PluginError) -> UInt8 { try load(offset) }
  func half(_ offset: Int) throws(PluginError) -> UInt16 { try load(offset) }
  func word(_ offset: Int) throws(PluginError) -> UInt32 { try load(offset) }
  func long(_ offset: Int) throws(PluginError) -> UInt64 { try load(offset) }

  /// A 64-bit offset or size; one that no file can have is refused.
  func offset(_ position: Int) throws(PluginError) -> Int {
    let value = try long(position)
    guard value < UInt64(1) << 48 else {
      throw failure("is damaged: offset \(value) at byte \(position)", "copy or build it again")
    }
    return Int(value)
  }

  func bytes(_ offset: Int, _ size: Int) throws(PluginError) -> [UInt8] {
    try check(offset, size, "a part")
    return Array(bytes[offset..<(offset + size)])
  }

  /// A NUL-terminated string that ends before `end`.
  func string(_ offset: Int, end: Int) throws(PluginError) -> String {
    guard offset >= 0, offset < end, end <= count else {
      throw failure("is damaged: a name lies outside its table", "copy or build it again")
    }
    return String(decoding: bytes[offset..<end].prefix { $0 != 0 }, as: UTF8.self)
  }

  private func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) throws(PluginError) -> T {
    try check(offset, MemoryLayout<T>.size, "the header")
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
  }
}
