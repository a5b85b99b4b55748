internal import CLLMProxyPlugin

extension Request {
  /// Answers the request here: later stages and the provider do not see it. Headers set on
  /// `.response` before go with it.
  ///
  /// - Returns: `.respond`, to be returned from the hook.
  public func respond<Body: TextSource & ~Escapable>(
    _ status: UInt32, contentType: StaticString = "application/json", body: Body
  ) throws(PluginFailure) -> Verdict {
    let outcome = contentType.withText { type in
      ("content-type" as StaticString).withText { name in
        body.withText { body in
          withUnsafePointer(to: llmp_header_t(name: name, value: type)) { header in
            api.pointee.respond?(handle, status, header, 1, body)
          }
        }
      }
    }
    try check(outcome, "respond")
    return .respond
  }

  /// Answers with a status and the headers set on `.response`, and no body.
  ///
  /// - Returns: `.respond`, to be returned from the hook.
  public func respond(_ status: UInt32) throws(PluginFailure) -> Verdict {
    try check(api.pointee.respond?(handle, status, nil, 0, llmp_str_t()), "respond")
    return .respond
  }

  /// Gives an answer of the provider's that this stage kept. Unlike `respond` it passes the other stages'
  /// response hooks as the provider's answer does, and no policy is got around by it.
  ///
  /// - Parameter headers: names and values, beside those set on `.response`; framing is the host's.
  /// - Returns: `.replay`, to be returned from `requestHeaders`, `requestBody` or `responseHeaders`.
  public func replay(
    _ status: UInt32, headers: [(name: [UInt8], value: [UInt8])], body: [UInt8]
  ) throws(PluginFailure) -> Verdict {
    let outcome = withUnsafeTemporaryAllocation(of: llmp_header_t.self, capacity: headers.count) { lines in
      Self.lend(headers[...], to: lines, 0) {
        body.withText { api.pointee.respond?(handle, status, lines.baseAddress, headers.count, $0) }
      }
    }
    try check(outcome, "respond")
    return .replay
  }

  /// Lends one line after the other, so that all are good at once inside `body`.
  private static func lend(
    _ headers: ArraySlice<(name: [UInt8], value: [UInt8])>,
    to lines: UnsafeMutableBufferPointer<llmp_header_t>,
    _ position: Int, _ body: () -> llmp_status_t?
  ) -> llmp_status_t? {
    guard let line = headers.first else { return body() }
    return line.name.withText { name in
      line.value.withText { value in
        lines.initializeElement(at: position, to: llmp_header_t(name: name, value: value))
        return lend(headers.dropFirst(), to: lines, position + 1, body)
      }
    }
  }

  /// Refuses the request in the error dialect that the client speaks.
  ///
  /// - Parameters:
  ///   - status: HTTP status for the client.
  ///   - type: OpenAI's class of error, e.g. `invalid_request_error`.
  ///   - code: a stable word for programs, e.g. `model_not_allowed`.
  ///   - message: one sentence for people; what follows a newline becomes the `description`.
  /// - Returns: `.respond`, to be returned from the hook.
  public func respondError<Message: TextSource & ~Escapable>(
    _ status: UInt32, type: StaticString = "invalid_request_error", code: StaticString,
    message: Message
  ) throws(PluginFailure) -> Verdict {
    let outcome = type.withText { type in
      code.withText { code in
        message.withText { api.pointee.respond_error?(handle, status, type, code, $0) }
      }
    }
    try check(outcome, "respond_error")
    return .respond
  }

  /// Begins an answer whose body follows through a `RequestReference`.
  ///
  /// - Returns: `.respond`, to be returned from the hook.
  public func respondStream(_ status: UInt32) throws(PluginFailure) -> Verdict {
    try check(api.pointee.respond_stream?(handle, status, nil, 0), "respond_stream")
    return .respond
  }

  /// The status of an answer: the provider's, or the one the client will get.
  public func status(of map: HeaderMap) -> UInt32 { api.pointee.status_get?(handle, map.rawValue) ?? 0 }

  /// Changes the status the client will get, before the answer's first byte has left.
  public func setStatus(_ status: UInt32) throws(PluginFailure) {
    try check(api.pointee.status_set?(handle, status), "status_set")
  }

  /// The whole body, in the hook that owns it (`requestBody`, `responseBody`).
  @_lifetime(copy self)
  public func body(of map: HeaderMap) throws(PluginFailure) -> Slice {
    var bytes = llmp_str_t()
    try check(api.pointee.body_get?(handle, map.rawValue, &bytes), "body_get")
    return Slice(bytes)
  }

  /// Replaces the body; the host corrects `content-length`.
  public func setBody<Body: TextSource & ~Escapable>(
    of map: HeaderMap, _ body: Body
  ) throws(PluginFailure) {
    let status = body.withText { api.pointee.body_set?(handle, map.rawValue, $0) }
    try check(status, "body_set")
  }
}
