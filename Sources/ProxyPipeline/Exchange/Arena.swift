import CLLMProxyPlugin

/// Bump memory of one exchange: what plugins are lent lives here and stays where it is until the end.
///
/// Loop-confined. One chunk is kept from exchange to exchange, so that the usual exchange allocates nothing.
struct Arena: ~Copyable {
  private static let firstChunkBytes = 2048
  private var chunk: UnsafeMutableRawPointer
  private var capacity: Int
  private var used = 0
  private let first: UnsafeMutableRawPointer
  private var extra: ContiguousArray<UnsafeMutableRawPointer> = []

  init() {
    first = UnsafeMutableRawPointer.allocate(byteCount: Self.firstChunkBytes, alignment: 16)
    chunk = first
    capacity = Self.firstChunkBytes
  }

  deinit {
    for chunk in extra { chunk.deallocate() }
    first.deallocate()
  }

  /// Room for `count` bytes, uninitialised, at an address that is good until `reset`.
  mutating func allocate(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    if used + count > capacity { grow(count) }
    let start = chunk + used
    used += count
    return start.assumingMemoryBound(to: UInt8.self)
  }

  private mutating func grow(_ count: Int) {
    let size = max(count, capacity * 2, Self.firstChunkBytes * 2)
    chunk = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    extra.append(chunk)
    capacity = size
    used = 0
  }

  /// A copy of `bytes`.
  mutating func copy(_ bytes: UnsafeRawBufferPointer) -> Slice {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return Slice() }
    let start = allocate(bytes.count)
    UnsafeMutableRawPointer(start).copyMemory(from: base, byteCount: bytes.count)
    return Slice(start: start, count: bytes.count)
  }

  /// Forgets everything that was allocated.
  mutating func reset() {
    if !extra.isEmpty {
      for chunk in extra { chunk.deallocate() }
      extra.removeAll()
      chunk = first
      capacity = Self.firstChunkBytes
    }
    used = 0
  }
}

/// Bytes somebody else owns: a pointer and a length. Valid as long as its owner says.
struct Slice {
  var start: UnsafePointer<UInt8>?
  var count = 0

  init() {}

  init(start: UnsafePointer<UInt8>, count: Int) {
    self.start = start
    self.count = count
  }

  init(_ bytes: UnsafeRawBufferPointer) {
    start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    count = bytes.count
  }

  init(_ text: llmp_str_t) {
    start = text.ptr.map { UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self) }
    count = start == nil ? 0 : text.len
  }

  /// Bytes of a literal, which live as long as the process.
  init(_ literal: StaticString) {
    start = literal.utf8Start
    count = literal.utf8CodeUnitCount
  }

  var isEmpty: Bool { count == 0 }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  /// The form in which plugins get it.
  var text: llmp_str_t {
    llmp_str_t(ptr: start.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }, len: count)
  }

  var string: String { String(decoding: bytes, as: UTF8.self) }

  /// Equal bytes.
  func equals(_ other: Slice) -> Bool {
    bytes.elementsEqual(other.bytes)
  }
}
