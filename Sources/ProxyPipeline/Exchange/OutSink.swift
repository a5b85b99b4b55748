import CLLMProxyPlugin
import NIOCore

/// What a stream hook writes: the other side of `llmp_out_t`. Lives for one hook call.
final class OutSink {
  enum Item {
    case bytes([UInt8])
    case event([UInt8], [UInt8], [UInt8])
  }

  private(set) var items: [Item] = []
  private(set) var isOverflown = false
  private var left: Int
  let handle: UnsafeMutablePointer<llmp_out_t>

  init(limit: Int) {
    left = limit
    handle = .allocate(capacity: 1)
    handle.initialize(to: llmp_out_t(opaque_: nil))
    handle.pointee.opaque_ = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { handle.deallocate() }

  static func of(_ pointer: UnsafeMutablePointer<llmp_out_t>?) -> OutSink? {
    guard let opaque = pointer?.pointee.opaque_ else { return nil }
    return Unmanaged<OutSink>.fromOpaque(opaque).takeUnretainedValue()
  }

  func write(_ bytes: Slice) -> llmp_status_t {
    guard reserve(bytes.count) else { return LLMP_E_LIMIT }
    items.append(.bytes(Array(bytes.bytes)))
    return LLMP_OK
  }

  func write(event: Slice, data: Slice, id: Slice) -> llmp_status_t {
    // A line break in these two would begin a field of its own.
    let isOneLine = [event, id].allSatisfy { !$0.bytes.contains { $0 == 10 || $0 == 13 || $0 == 0 } }
    guard isOneLine else { return LLMP_E_INVALID }
    guard reserve(event.count + data.count + id.count + 24) else { return LLMP_E_LIMIT }
    items.append(.event(Array(event.bytes), Array(data.bytes), Array(id.bytes)))
    return LLMP_OK
  }

  private func reserve(_ count: Int) -> Bool {
    left -= count
    if left < 0 { isOverflown = true }
    return left >= 0
  }

  /// Everything written, as the client would get it.
  var bytes: ByteBuffer {
    var out = ByteBuffer()
    for item in items {
      switch item {
      case .bytes(let bytes): out.writeBytes(bytes)
      case .event(let event, let data, let id):
        event.withUnsafeBytes { event in
          data.withUnsafeBytes { data in
            id.withUnsafeBytes { Self.appendEvent(Slice(event), Slice(data), Slice($0), to: &out) }
          }
        }
      }
    }
    return out
  }

  /// Writes an event in the wire form: one `data:` line for each line of the data.
  static func appendEvent(_ event: llmp_sse_t, to out: inout ByteBuffer) {
    appendEvent(Slice(event.event), Slice(event.data), Slice(event.id), to: &out)
  }

  private static func appendEvent(_ event: Slice, _ data: Slice, _ id: Slice, to out: inout ByteBuffer) {
    if !event.isEmpty { appendLine("event: ", event.bytes, to: &out) }
    if !id.isEmpty { appendLine("id: ", id.bytes, to: &out) }
    for line in data.bytes.split(separator: 10, omittingEmptySubsequences: false) {
      appendLine("data: ", UnsafeRawBufferPointer(rebasing: line), to: &out)
    }
    out.writeStaticString("\n")
  }

  private static func appendLine(
    _ field: StaticString, _ value: UnsafeRawBufferPointer, to out: inout ByteBuffer
  ) {
    out.writeStaticString(field)
    out.writeBytes(value)
    out.writeStaticString("\n")
  }
}
