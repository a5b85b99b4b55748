import CLLMProxyPlugin

/// Calls a lifecycle function with an error buffer of ours and turns what comes back into an error.
struct PluginCall {
  let status: llmp_status_t
  let message: String

  /// Runs one call. The buffer is zero before, so that a function that leaves it alone leaves no text.
  static func run(
    _ body: (UnsafeMutablePointer<llmp_err_t>) -> llmp_status_t
  ) -> PluginCall {
    var error = llmp_err_t()
    error.struct_size = UInt32(MemoryLayout<llmp_err_t>.size)
    let status = withUnsafeMutablePointer(to: &error) { body($0) }
    return PluginCall(status: status, message: error.text)
  }

  /// The error of a call that did not return `LLMP_OK`.
  func failure(_ kind: PluginError.Kind, _ subject: String, _ function: String) -> PluginError? {
    guard status != LLMP_OK else { return nil }
    return PluginError(
      kind, subject,
      "\(function) refused: "
        + (message.isEmpty ? "no message (the plugin should set err.message)" : message),
      remedy: remedy)
  }

  private var remedy: String {
    switch status {
    case LLMP_E_INVALID: "correct the stage's config (\(Self.name(status)))"
    case LLMP_E_UNSUPPORTED: "the plugin needs something this host does not serve (\(Self.name(status)))"
    case LLMP_E_DENIED: "grant what it asks for under services (\(Self.name(status)))"
    default: "see the plugin's documentation (\(Self.name(status)))"
    }
  }

  /// The constant's name, for messages.
  static func name(_ status: llmp_status_t) -> String {
    switch status {
    case LLMP_OK: "LLMP_OK"
    case LLMP_E_INVALID: "LLMP_E_INVALID"
    case LLMP_E_NOT_FOUND: "LLMP_E_NOT_FOUND"
    case LLMP_E_UNSUPPORTED: "LLMP_E_UNSUPPORTED"
    case LLMP_E_WOULD_BLOCK: "LLMP_E_WOULD_BLOCK"
    case LLMP_E_LIMIT: "LLMP_E_LIMIT"
    case LLMP_E_DENIED: "LLMP_E_DENIED"
    case LLMP_E_STATE: "LLMP_E_STATE"
    case LLMP_E_CANCELLED: "LLMP_E_CANCELLED"
    case LLMP_E_TIMEOUT: "LLMP_E_TIMEOUT"
    case LLMP_E_IO: "LLMP_E_IO"
    case LLMP_E_NO_MEMORY: "LLMP_E_NO_MEMORY"
    case LLMP_E_INTERNAL: "LLMP_E_INTERNAL"
    default: "status \(status)"
    }
  }
}

extension llmp_err_t {
  /// The message up to its NUL, repaired where it is not UTF-8.
  var text: String {
    withUnsafeBytes(of: message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
