import ProxyPluginHost

/// A hook that returned `LLMP_PAUSE`: which, of whom, and how long it may take.
struct Pause {
  enum Owner {
    case stage(Int)
    case provider
  }

  /// The hook whose verdict is awaited.
  enum Hook: UInt8 {
    case requestHeaders, requestBody, prepare, sign, responseHeaders, responseBody
  }

  var owner: Owner
  var hook: Hook
  /// Monotonic nanoseconds.
  var deadline: UInt64
}

extension Pause.Hook {
  /// The stage hook whose counters it belongs to.
  var counted: StageInstance.Hook {
    switch self {
    case .requestHeaders, .prepare, .sign: .requestHeaders
    case .requestBody: .requestBody
    case .responseHeaders: .responseHeaders
    case .responseBody: .responseBody
    }
  }
}
