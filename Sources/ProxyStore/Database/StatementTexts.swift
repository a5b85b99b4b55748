/// Memory for the texts of one row, used again for each row of a batch. Not for more than one thread at a time.
final class StatementTexts {
  private static let capacity = 8192
  private let memory = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
  private var used = 0

  deinit { memory.deallocate() }

  /// A copy that stays where it is until `forget`; nil when there is no room left.
  func keep(_ text: UnsafeRawBufferPointer) -> UnsafePointer<CChar>? {
    guard text.count <= Self.capacity - used else { return nil }
    let start = memory + used
    if let base = text.baseAddress {
      UnsafeMutableRawPointer(start).copyMemory(from: base, byteCount: text.count)
    }
    used += text.count
    return UnsafePointer(start)
  }

  /// The row is written: the memory is free for the next one.
  func forget() { used = 0 }
}
