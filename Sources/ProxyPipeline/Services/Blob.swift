import CLLMProxyPlugin
import Synchronization

/// Counted immutable bytes that plugins keep beyond a hook: the other side of `llmp_blob_t`. Any thread.
///
/// `@unchecked Sendable`: the bytes are written once in `init`; the count is atomic.
final class Blob: @unchecked Sendable {
  private let owned: UnsafeMutableRawBufferPointer?
  private let view: UnsafeRawBufferPointer
  private let free: llmp_free_fn?
  private let ud: UnsafeMutableRawPointer?
  private let references = Atomic<Int>(1)
  let handle: UnsafeMutablePointer<llmp_blob_t>

  /// Copies `bytes`; the caller holds one reference.
  init(copying bytes: UnsafeRawBufferPointer) {
    let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    storage.copyMemory(from: bytes)
    owned = storage
    view = UnsafeRawBufferPointer(storage)
    free = nil
    ud = nil
    handle = .allocate(capacity: 1)
    finishInit()
  }

  /// Takes over memory of the plugin's, given back by `free(ud)` when the last reference is gone.
  init(adopting bytes: UnsafeRawBufferPointer, free: llmp_free_fn?, ud: UnsafeMutableRawPointer?) {
    owned = nil
    view = bytes
    self.free = free
    self.ud = ud
    handle = .allocate(capacity: 1)
    finishInit()
  }

  // The object owns itself for as long as references are held.
  private func finishInit() {
    handle.initialize(to: llmp_blob_t(opaque_: Unmanaged.passRetained(self).toOpaque()))
  }

  deinit {
    owned?.deallocate()
    free?(ud)
    handle.deallocate()
  }

  static func of(_ pointer: UnsafeMutablePointer<llmp_blob_t>?) -> Blob? {
    guard let opaque = pointer?.pointee.opaque_ else { return nil }
    return Unmanaged<Blob>.fromOpaque(opaque).takeUnretainedValue()
  }

  var bytes: UnsafeRawBufferPointer { view }

  func retain() {
    references.add(1, ordering: .relaxed)
  }

  func release() {
    // Acquiring and releasing: the last holder sees what the others did before the memory goes.
    if references.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
      Unmanaged.passUnretained(self).release()
    }
  }
}
