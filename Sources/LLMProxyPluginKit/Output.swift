internal import CLLMProxyPlugin

/// Where a stream hook writes what should be forwarded. Good inside the hook that received it.
/// Writing never blocks; beyond the stage's expansion limit it fails.
public struct Output: ~Escapable {
  let writer: UnsafeMutablePointer<llmp_out_t>
  let api: UnsafePointer<llmp_out_api_t>

  @_lifetime(immortal)
  init(writer: UnsafeMutablePointer<llmp_out_t>, api: UnsafePointer<llmp_out_api_t>) {
    self.writer = writer
    self.api = api
  }

  /// Writes bytes as they are.
  public func write<Text: TextSource & ~Escapable>(_ bytes: Text) throws(PluginFailure) {
    let status = bytes.withText { api.pointee.bytes?(writer, $0) } ?? LLMP_E_UNSUPPORTED
    if status != LLMP_OK { throw PluginFailure.host("out.bytes", status) }
  }

  /// Writes one server-sent event; the host frames it. `data` must not be empty.
  public func send<Text: TextSource & ~Escapable>(
    event: StaticString = "", data: Text, id: StaticString = ""
  ) throws(PluginFailure) {
    let status =
      event.withText { event in
        id.withText { id in data.withText { api.pointee.sse?(writer, event, $0, id) } }
      } ?? LLMP_E_UNSUPPORTED
    if status != LLMP_OK { throw PluginFailure.host("out.sse", status) }
  }
}

/// One event of an event stream, already without its framing. Good inside the hook.
public struct ServerSentEvent: ~Escapable {
  let raw: UnsafePointer<llmp_sse_t>

  @_lifetime(immortal)
  init(raw: UnsafePointer<llmp_sse_t>) { self.raw = raw }

  /// The event's type, empty when it has none.
  public var event: Slice {
    @_lifetime(copy self) get { Slice(raw.pointee.event) }
  }
  /// The data lines, joined by newlines.
  public var data: Slice {
    @_lifetime(copy self) get { Slice(raw.pointee.data) }
  }
  /// The event's id, empty when it has none.
  public var id: Slice {
    @_lifetime(copy self) get { Slice(raw.pointee.id) }
  }
  /// True for the end mark of the dialect, `data: [DONE]`.
  public var isDone: Bool { raw.pointee.flags & LLMP_SSE_DONE != 0 }
}
