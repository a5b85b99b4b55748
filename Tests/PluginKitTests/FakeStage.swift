import CLLMProxyPlugin
import Testing

/// One instance of a component, driven the way a host drives it.
final class FakeStage {
  let component: UnsafePointer<llmp_component_t>
  let host: FakeHost
  private let hooks: UnsafePointer<llmp_middleware_t>
  private(set) var instance: UnsafeMutableRawPointer?

  struct Refusal: Error, Equatable {
    var code: llmp_status_t
    var message: String
  }

  /// Runs validate and create with this configuration, and start.
  init(
    _ module: UnsafePointer<llmp_module_t>, component index: Int = 0, config: String = "{}",
    name: String = "stage", host: FakeHost = FakeHost()
  ) throws {
    let components = try #require(module.pointee.components)
    component = try #require(components[index])
    hooks = try #require(component.pointee.vtable).assumingMemoryBound(to: llmp_middleware_t.self)
    self.host = host
    var config = config
    try config.withUTF8 { bytes in
      let text = llmp_str_t(
        ptr: UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self), len: bytes.count)
      try Self.call { self.component.pointee.validate?(text, $0) ?? LLMP_OK }
      var input = llmp_create_t()
      input.struct_size = UInt32(MemoryLayout<llmp_create_t>.size)
      input.host = UnsafePointer(host.table)
      input.instance = host.keep(name)
      input.config_json = text
      try Self.call { self.component.pointee.create?(&input, &instance, $0) ?? LLMP_E_UNSUPPORTED }
    }
  }

  deinit { destroy() }

  func start() throws { try Self.call { self.component.pointee.start?(instance, $0) ?? LLMP_OK } }

  func drain() { component.pointee.drain?(instance, 0) }

  /// The end of the instance; once is enough.
  func destroy() {
    guard let instance else { return }
    component.pointee.destroy?(instance)
    self.instance = nil
  }

  func requestHeaders(_ exchange: FakeExchange) throws -> llmp_verdict_t {
    try verdict(exchange) {
      self.hooks.pointee.request_headers?(instance, exchange.handle, exchange.slot, $0)
    }
  }

  func requestBody(_ exchange: FakeExchange) throws -> llmp_verdict_t {
    try verdict(exchange) { self.hooks.pointee.request_body?(instance, exchange.handle, exchange.slot, $0) }
  }

  func responseHeaders(_ exchange: FakeExchange) throws -> llmp_verdict_t {
    try verdict(exchange) {
      self.hooks.pointee.response_headers?(instance, exchange.handle, exchange.slot, $0)
    }
  }

  /// A piece of an answer, as a stage gets it that only looks.
  func responseTap(_ exchange: FakeExchange, _ piece: String) throws -> llmp_verdict_t {
    let bytes = exchange.lend(Array(piece.utf8))
    return try verdict(exchange) {
      self.hooks.pointee.response_chunk?(instance, exchange.handle, exchange.slot, bytes, nil, $0)
    }
  }

  func responseEnd(_ exchange: FakeExchange) throws -> llmp_verdict_t {
    try verdict(exchange) {
      self.hooks.pointee.response_end?(instance, exchange.handle, exchange.slot, nil, $0)
    }
  }

  /// What the instance writes when it is told to carry out a command.
  func command(_ name: String, _ json: String) throws -> [String] {
    let run = try #require(host.commands.withLock { $0[name] }, "it does not offer \(name)")
    let exchange = FakeExchange(host)
    var output = llmp_out_t(opaque_: Unmanaged.passUnretained(exchange).toOpaque())
    let (name, json) = (exchange.lend(Array(name.utf8)), exchange.lend(Array(json.utf8)))
    try Self.call { run(instance, name, json, &output, $0) }
    exchange.takeBack()
    return exchange.output
  }

  func event(_ exchange: FakeExchange, reason: UInt32, cookie: UInt64) throws -> llmp_verdict_t {
    try verdict(exchange) {
      self.hooks.pointee.on_event?(instance, exchange.handle, exchange.slot, reason, cookie, nil, $0)
    }
  }

  func responseEvent(_ exchange: FakeExchange, data: String) throws -> llmp_verdict_t {
    var event = llmp_sse_t()
    event.struct_size = UInt32(MemoryLayout<llmp_sse_t>.size)
    event.data = exchange.lend(Array(data.utf8))
    var output = llmp_out_t(opaque_: Unmanaged.passUnretained(exchange).toOpaque())
    return try verdict(exchange) {
      self.hooks.pointee.response_sse?(
        instance, exchange.handle, exchange.slot, &event, &output, $0)
    }
  }

  func requestDone(_ exchange: FakeExchange) {
    hooks.pointee.request_done?(instance, exchange.handle, exchange.slot)
    exchange.takeBack()
  }

  /// Names of the hooks that are not NULL.
  var presentHooks: Set<String> {
    let all: [(String, Bool)] = [
      ("request_headers", hooks.pointee.request_headers != nil),
      ("request_body", hooks.pointee.request_body != nil),
      ("request_chunk", hooks.pointee.request_chunk != nil),
      ("response_headers", hooks.pointee.response_headers != nil),
      ("response_body", hooks.pointee.response_body != nil),
      ("response_sse", hooks.pointee.response_sse != nil),
      ("response_chunk", hooks.pointee.response_chunk != nil),
      ("response_end", hooks.pointee.response_end != nil),
      ("on_event", hooks.pointee.on_event != nil),
      ("request_done", hooks.pointee.request_done != nil),
    ]
    return Set(all.filter(\.1).map(\.0))
  }

  private func verdict(
    _ exchange: FakeExchange, _ body: (UnsafeMutablePointer<llmp_err_t>) throws -> llmp_verdict_t?
  ) throws -> llmp_verdict_t {
    defer { exchange.takeBack() }
    var error = Self.errorBuffer()
    let verdict = try #require(try body(&error), "the hook is NULL")
    if verdict == LLMP_ERROR { throw Refusal(code: error.code, message: Self.message(&error)) }
    return verdict
  }

  private static func call(_ body: (UnsafeMutablePointer<llmp_err_t>) -> llmp_status_t) throws {
    var error = errorBuffer()
    let status = body(&error)
    if status != LLMP_OK { throw Refusal(code: status, message: message(&error)) }
  }

  private static func errorBuffer() -> llmp_err_t {
    var error = llmp_err_t()
    error.struct_size = UInt32(MemoryLayout<llmp_err_t>.size)
    return error
  }

  private static func message(_ error: inout llmp_err_t) -> String {
    withUnsafeBytes(of: &error.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
