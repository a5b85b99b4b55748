internal import CLLMProxyPlugin

/// The only way to speak about a request from another thread, or after the hook has returned.
///
/// It does not keep the request alive: once that is over every call throws `LLMP_E_STATE`. It must
/// be gone before the stage's `stop` returns. `[any]` thread.
public final class RequestReference: @unchecked Sendable {
  // Both point into the host, which counts the reference and serves it from any thread; nothing
  // here changes after init.
  private let reference: UnsafeMutablePointer<llmp_req_ref_t>
  private let api: UnsafePointer<llmp_request_api_t>

  init(reference: UnsafeMutablePointer<llmp_req_ref_t>, api: UnsafePointer<llmp_request_api_t>) {
    self.reference = reference
    self.api = api
  }

  deinit { api.pointee.ref_release?(reference) }

  /// Has the host call `requestEvent` of this stage, with this cookie, in the request's context.
  public func resume(cookie: UInt64 = 0) throws(PluginFailure) {
    try check(api.pointee.resume?(reference, cookie), "resume")
  }

  /// Sends a piece of an answer begun with `respondStream`.
  ///
  /// - Returns: false when the client is slow: wait for `.writable`, then send the piece again.
  public func write<Text: TextSource & ~Escapable>(
    _ bytes: Text
  ) throws(PluginFailure) -> Bool {
    let status = bytes.withText { api.pointee.stream_write?(reference, $0) }
    if status == LLMP_E_WOULD_BLOCK { return false }
    try check(status, "stream_write")
    return true
  }

  /// Ends an answer begun with `respondStream`.
  public func end() throws(PluginFailure) {
    try check(api.pointee.stream_end?(reference), "stream_end")
  }

  private func check(_ status: llmp_status_t?, _ function: StaticString) throws(PluginFailure) {
    let status = status ?? LLMP_E_UNSUPPORTED
    if status != LLMP_OK { throw PluginFailure.host(function, status) }
  }
}

extension Request {
  /// A handle on this request for other threads; nil when the host has none to give.
  public func reference() -> RequestReference? {
    api.pointee.ref?(handle).map { RequestReference(reference: $0, api: api) }
  }
}
