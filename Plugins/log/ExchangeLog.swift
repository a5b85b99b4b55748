internal import CLLMProxyPlugin
internal import LLMProxyPluginKit

/// Writes one JSON line for every exchange, to a file or to standard output. The hook only builds
/// the line; a thread of the instance writes it. Never a prompt, an answer or a key.
final class ExchangeLog: Middleware, RequestDoneHook, DrainHook {
  static let name = "log"
  static let summary = "One JSON line per exchange, to a file with rotation or to standard output"
  /// The host then reads the model out of JSON bodies.
  static let consumes = ["llmp.model"]
  static let configSchema = LogSettings.schema

  private let host: Host
  private let writer: LogWriter
  private let lines = LineMemory()

  init(config: PluginConfig, host: Host) throws(PluginFailure) {
    let settings = try LogSettings(config)
    self.host = host
    writer = LogWriter(
      target: try settings.openTarget(), host: host, flushMilliseconds: settings.flushMilliseconds)
  }

  static func validate(_ config: PluginConfig) throws(PluginFailure) {
    _ = try LogSettings(config)
  }

  func start() throws(PluginFailure) { try writer.start() }

  func drain(deadlineNanoseconds: UInt64) {
    // Requests in flight still write, so the thread stays until `stop`.
    writer.flushSoon()
    host.drained()
  }

  func stop() { writer.stop() }

  func requestDone(_ request: Request) {
    guard let exchange = request.exchange() else { return }
    lines.withMemory { memory in
      var line = JSONLine(memory)
      line.add("ts", timestamp: host.unixMilliseconds)
      line.add("level", literal: Self.level(exchange))
      line.add("msg", literal: "exchange")
      identify(request, &line)
      describe(exchange, &line)
      if let usage = request.usage() { count(usage, &line) }
      if exchange.clientGone { line.add("client_gone", true) }
      if exchange.upstreamFailed { line.add("upstream_failed", true) }
      if exchange.stageFailed { line.add("stage_failed", true) }
      writer.append(line.finish())
    }
  }

  /// A client's mistake is never above info.
  private static func level(_ exchange: Exchange) -> StaticString {
    if exchange.stageFailed || exchange.status >= 500 { return "error" }
    return exchange.upstreamFailed ? "warn" : "info"
  }

  private func identify(_ request: Request, _ line: inout JSONLine) {
    line.add("request_id", request.attribute(.requestID).unsafeBytes, limit: 256)
    line.add("method", request.attribute(.method).unsafeBytes, limit: 32)
    line.add("path", request.attribute(.path).unsafeBytes, limit: 2048)
    line.add("api", request.attribute(.api).unsafeBytes, limit: 256)
    line.add("provider", request.metadataBytes(.provider), limit: 256)
    line.add("model", request.metadataBytes(.model), limit: 512)
    line.add("project_id", request.metadataBytes(.projectID), limit: 256)
    line.add("token_id", request.metadataBytes(.tokenID), limit: 256)
    line.add("client_addr", request.attribute(.clientAddress).unsafeBytes, limit: 128)
    line.add("cache", request.metadataBytes(.cacheStatus), limit: 32)
    line.add("denied_by", request.attribute(.deniedBy).unsafeBytes, limit: 256)
    line.add("error", request.metadataBytes(.denyReason), limit: 256)
  }

  private func describe(_ exchange: Exchange, _ line: inout JSONLine) {
    line.add("status", UInt64(exchange.status))
    line.add("stream", exchange.isStreamed)
    line.add("duration_ms", microseconds: exchange.durationMicroseconds)
    if exchange.firstByteMicroseconds > 0 {
      line.add("first_byte_ms", microseconds: exchange.firstByteMicroseconds)
    }
    if exchange.attempts > 0 {
      line.add("upstream_ms", microseconds: exchange.upstreamMicroseconds)
      line.add("upstream_connect_ms", microseconds: exchange.upstreamConnectMicroseconds)
    }
    if exchange.attempts > 1 { line.add("attempts", UInt64(exchange.attempts)) }
    line.add("request_bytes", exchange.requestBytes)
    line.add("response_bytes", exchange.responseBytes)
  }

  /// What the provider did not say (-1) is left out.
  private func count(_ usage: llmp_usage_t, _ line: inout JSONLine) {
    if let tokens = UInt64(exactly: usage.input_tokens) { line.add("input_tokens", tokens) }
    if let tokens = UInt64(exactly: usage.output_tokens) { line.add("output_tokens", tokens) }
    if let tokens = UInt64(exactly: usage.cached_input_tokens) { line.add("cached_tokens", tokens) }
    if let tokens = UInt64(exactly: usage.reasoning_tokens) { line.add("reasoning_tokens", tokens) }
    if usage.flags & LLMP_USAGE_ESTIMATED != 0 { line.add("usage_estimated", true) }
  }
}
