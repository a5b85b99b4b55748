#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory that only the start needed.
///
/// Half of what is resident when the socket opens is code and tables that ran once: reading settings, opening the
/// database, checking plugins. The kernel would take these pages back under pressure; giving them up at once keeps
/// a machine with many such processes from getting there. What is needed again comes back from the page cache.
enum StartMemory {
  /// Gives back freed heap and every page of program text that has not been written to. A few milliseconds.
  static func release() {
    #if canImport(Glibc)
      trimHeap()
      for mapping in cleanMappings() {
        guard let start = UnsafeMutableRawPointer(bitPattern: mapping.start) else { continue }
        // Private and never written: the file holds the same bytes. A failure leaves them where they are.
        _ = madvise(start, mapping.count, MADV_DONTNEED)
      }
    #endif
  }

  /// `malloc_trim`, which glibc has and Swift's view of it has not.
  private static func trimHeap() {
    guard let found = dlsym(nil, "malloc_trim") else { return }
    typealias Trim = @convention(c) (Int) -> Int32
    _ = unsafeBitCast(found, to: Trim.self)(0)
  }

  private struct Mapping {
    var start: UInt
    var count: Int
  }

  /// Read-only mappings of files, without one page of our own (relocated tables have some).
  private static func cleanMappings() -> [Mapping] {
    var found: [Mapping] = []
    var candidate: Mapping?
    for line in contents(of: "/proc/self/smaps").split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: " "))
      if line.starts(with: "Anonymous:".utf8) {
        if let candidate, fields.count > 1, fields[1].elementsEqual("0".utf8) { found.append(candidate) }
        candidate = nil
      } else if fields.count >= 6, fields[0].contains(UInt8(ascii: "-")) {
        candidate = nil
        let isReadOnly = fields[1].elementsEqual("r-xp".utf8) || fields[1].elementsEqual("r--p".utf8)
        if isReadOnly, fields[5].first == UInt8(ascii: "/") { candidate = mapping(fields[0]) }
      }
    }
    return found
  }

  /// `7f0000000000-7f0000001000`.
  private static func mapping(_ range: ArraySlice<UInt8>) -> Mapping? {
    let ends = range.split(separator: UInt8(ascii: "-")).map {
      UInt(String(decoding: $0, as: UTF8.self), radix: 16)
    }
    guard ends.count == 2, let start = ends[0], let end = ends[1], end > start else { return nil }
    return Mapping(start: start, count: Int(end - start))
  }

  private static func contents(of path: String) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while case let count = read(file, &piece, piece.count), count > 0 { bytes += piece[..<count] }
    return bytes
  }
}
