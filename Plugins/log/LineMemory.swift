internal import Synchronization

/// Memory for building lines, kept from one line to the next. The first of several threads gets the
/// one that is kept, the others allocate; nobody waits.
final class LineMemory: Sendable {
  /// The address of the kept memory, 0 while somebody uses it. Acquiring and releasing orders what
  /// one thread wrote into it before what the next one writes.
  private let spare = Atomic<UInt>(0)

  deinit { UnsafeMutableRawPointer(bitPattern: spare.exchange(0, ordering: .acquiring))?.deallocate() }

  /// Lends `JSONLine.capacity` bytes.
  func withMemory(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
    let memory =
      UnsafeMutableRawPointer(bitPattern: spare.exchange(0, ordering: .acquiring))
      ?? UnsafeMutableRawPointer.allocate(byteCount: JSONLine.capacity, alignment: 16)
    body(UnsafeMutableRawBufferPointer(start: memory, count: JSONLine.capacity))
    let other = spare.exchange(UInt(bitPattern: memory), ordering: .acquiringAndReleasing)
    UnsafeMutableRawPointer(bitPattern: other)?.deallocate()
  }
}
