import CLLMProxyPlugin
import LLMProxyPluginKit
import Synchronization

/// The plugin that the tests of the kit itself drive: an image holds one table of components.
let testPlugin = Plugin(
  id: "org.llm-proxy.test", version: "1.2.3", vendor: "someone", license: "MIT",
  Probe.self, Everything.self, Idle.self)

func testModule() -> UnsafePointer<llmp_module_t>? {
  var loader = llmp_loader_t()
  loader.struct_size = UInt32(MemoryLayout<llmp_loader_t>.size)
  loader.abi_major = UInt32(LLMP_ABI_MAJOR)
  return testPlugin.module(for: &loader)
}

/// Runs whatever a test gives it, as `requestHeaders`.
final class Probe: RequestHeadersHook {
  typealias Body = @Sendable (Request, Host) throws -> Verdict

  static let name = "probe"
  private static let bodies = Mutex<[String: Body]>([:])
  private let body: Body?
  private let host: Host

  init(config: PluginConfig, host: Host) throws(PluginFailure) {
    body = Self.bodies.withLock { $0[config.instance] }
    self.host = host
  }

  func requestHeaders(_ request: Request) throws -> Verdict {
    try body?(request, host) ?? .continue
  }

  /// A stage whose hook is this body, on a host and a request of its own.
  static func stage(
    line: Int = #line, file: String = #fileID, host: FakeHost = FakeHost(), _ body: @escaping Body
  ) throws -> FakeStage {
    let name = "\(file):\(line)"
    bodies.withLock { $0[name] = body }
    guard let module = testModule() else { throw PluginFailure("no module") }
    return try FakeStage(module, name: name, host: host)
  }
}

/// Conforms to every hook and keeps an object for each request.
final class Everything: RequestHeadersHook, RequestBodyHook, RequestChunkHook, RequestEventHook,
  RequestDoneHook, ResponseHeadersHook, ResponseBodyHook, ResponseEventsHook, ResponseChunkHook,
  ResponseEndHook, DrainHook, KeepsRequestState
{
  final class RequestState {
    var steps: [String] = []
    private let onRelease: @Sendable () -> Void

    init(_ onRelease: @escaping @Sendable () -> Void) { self.onRelease = onRelease }

    deinit { onRelease() }
  }

  static let name = "everything"
  static let summary = "all hooks"
  static let configSchema = "{}"
  static let provides = ["org.llm-proxy.test.a", "org.llm-proxy.test.b"]
  static let consumes = ["llmp.model"]
  static let services = ["llmp.kv/1"]
  static let flags: MiddlewareFlags = [.needsRequestBody, .needsResponseBody, .mayBlock, .serial]
  static let released = Mutex(0)
  static let life = Mutex<[String]>([])

  private let host: Host

  init(config: PluginConfig, host: Host) throws(PluginFailure) {
    self.host = host
    if try config.bool("fails", default: false) {
      throw PluginFailure(String(repeating: "ü", count: 200), code: LLMP_E_NOT_FOUND)
    }
  }

  static func validate(_ config: PluginConfig) throws(PluginFailure) {
    try config.allowOnly(["fails"])
  }

  func start() throws(PluginFailure) { Self.life.withLock { $0.append("start") } }
  func stop() { Self.life.withLock { $0.append("stop") } }
  func drain(deadlineNanoseconds: UInt64) { host.drained() }

  func requestHeaders(_ request: Request) throws -> Verdict {
    setState(RequestState { Self.released.withLock { $0 += 1 } }, of: request)
    state(of: request)?.steps.append("headers")
    return .pause
  }

  func requestBody(_ request: Request) throws -> Verdict {
    state(of: request)?.steps.append("body")
    let replacement = RequestState { Self.released.withLock { $0 += 1 } }
    replacement.steps = state(of: request)?.steps ?? []
    setState(replacement, of: request)
    return .continue
  }

  func requestEvent(_ request: Request, _ event: RequestEvent, _ output: Output?) throws -> Verdict {
    state(of: request)?.steps.append("event \(event.cookie)")
    return event.reason == .resumed && output == nil ? .continue : .pause
  }

  func requestDone(_ request: Request) {
    request.log(.info, state(of: request)?.steps.joined(separator: ",") ?? "nothing")
  }

  func requestChunk(
    _ request: Request, _ chunk: Slice, isLast: Bool, _ output: Output
  ) throws -> Verdict { .continue }
  func responseHeaders(_ request: Request) throws -> Verdict { .continue }
  func responseBody(_ request: Request) throws -> Verdict { .continue }

  func responseEvent(
    _ request: Request, _ event: ServerSentEvent, _ output: Output
  ) throws -> Verdict {
    if event.isDone || event.data == "[DONE]" { return .continue }
    try output.send(data: "first")
    try output.send(event: "copy", data: event.data, id: "7")
    try output.write(": comment\n\n")
    return .replace
  }

  func responseChunk(_ request: Request, _ chunk: Slice, _ output: Output) throws -> Verdict { .drop }
  func responseEnd(_ request: Request, _ output: Output) throws -> Verdict { .continue }
}

/// Conforms to no hook at all.
final class Idle: Middleware {
  static let name = "idle"

  init(config: PluginConfig, host: Host) throws(PluginFailure) {}
}
