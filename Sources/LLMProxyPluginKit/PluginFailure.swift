public import CLLMProxyPlugin

/// Why a plugin could not do something, in words for the person who runs the proxy.
///
/// Thrown from `init`, the stage fails to start; thrown from a hook, the stage has failed for that
/// request and the configuration (`on_error`) decides what the client gets. The text is cut to 247
/// bytes at the border: put the value and the remedy first, and no secret anywhere.
public struct PluginFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// One of the `LLMP_E_…` codes.
  public var code: llmp_status_t
  /// What failed, with which value, and what to do about it.
  public var message: String

  /// A failure with a text of your own.
  public init(_ message: String, code: llmp_status_t = LLMP_E_INTERNAL) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }

  /// Bad configuration: names the setting and says what would be right.
  public static func configuration(_ key: String, _ problem: String) -> PluginFailure {
    PluginFailure("\(key): \(problem)", code: LLMP_E_INVALID)
  }

  /// A host function that answered something else than `LLMP_OK`.
  static func host(_ function: StaticString, _ code: llmp_status_t) -> PluginFailure {
    PluginFailure("the host refused \(function): \(statusName(code))", code: code)
  }

  private static func statusName(_ code: llmp_status_t) -> String {
    switch code {
    case LLMP_E_INVALID: "invalid argument"
    case LLMP_E_NOT_FOUND: "not found"
    case LLMP_E_UNSUPPORTED: "not supported"
    case LLMP_E_WOULD_BLOCK: "would block"
    case LLMP_E_LIMIT: "limit reached"
    case LLMP_E_DENIED: "not granted to this stage"
    case LLMP_E_STATE: "not possible in this phase"
    case LLMP_E_CANCELLED: "cancelled"
    case LLMP_E_TIMEOUT: "timed out"
    case LLMP_E_IO: "input or output failed"
    case LLMP_E_NO_MEMORY: "out of memory"
    default: "status \(code)"
    }
  }
}

extension PluginFailure {
  /// Puts any error into the host's buffer, if it lent one, and gives back the code to return.
  static func report(
    _ error: any Error, to buffer: UnsafeMutablePointer<llmp_err_t>?
  ) -> llmp_status_t {
    let failure = (error as? PluginFailure) ?? PluginFailure("\(error)")
    guard let buffer, let offset = MemoryLayout<llmp_err_t>.offset(of: \.message),
      Int(buffer.pointee.struct_size) >= MemoryLayout<llmp_err_t>.size
    else { return failure.code }
    buffer.pointee.code = failure.code
    let room = UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(buffer) + offset, count: MemoryLayout<llmp_err_t>.size - offset)
    let text = Array(failure.message.utf8)
    var length = min(text.count, room.count - 1)
    // Never cut inside a character: step back over continuation bytes.
    while length < text.count, length > 0, text[length] & 0xC0 == 0x80 { length -= 1 }
    room.copyBytes(from: text[..<length])
    room[length] = 0
    return failure.code
  }
}
