import CLLMProxyPlugin
import ProxyCore
import ProxyPluginHost
import ProxyWire

/// What plugins read of an exchange as attributes and figures.
extension Exchange {
  func attribute(_ attribute: llmp_attr_t) -> Slice? {
    switch attribute {
    case LLMP_ATTR_REQUEST_ID: requestID
    case LLMP_ATTR_METHOD: method
    case LLMP_ATTR_PATH: path
    case LLMP_ATTR_QUERY: query
    case LLMP_ATTR_AUTHORITY: requestMap.get(Slice("host")) ?? Slice()
    case LLMP_ATTR_PROTOCOL: request.minorVersion == 0 ? Slice("HTTP/1.0") : Slice("HTTP/1.1")
    case LLMP_ATTR_CLIENT_ADDR: peer
    case LLMP_ATTR_OPERATION: Operations.name(path: path)
    case LLMP_ATTR_TRACEPARENT: requestMap.get(Slice("traceparent")) ?? Slice()
    case LLMP_ATTR_UPSTREAM_URL: upstreamURL
    case LLMP_ATTR_UPSTREAM_METHOD: upstreamMethod
    case LLMP_ATTR_INSTANCE: Slice(caller?.name.slice ?? llmp_str_t())
    case LLMP_ATTR_API: Slice(currentRoute?.name.slice ?? llmp_str_t())
    case LLMP_ATTR_DENIED_BY: Slice(deniedBy?.context.name.slice ?? llmp_str_t())
    case LLMP_ATTR_UPSTREAM_HOST: providerHost
    default: nil
    }
  }

  /// The absolute URL of the attempt: the origin of the API, then the path and query that will be asked for.
  private var upstreamURL: Slice {
    guard let route = currentRoute else { return Slice() }
    let origin = Self.origin(Slice(route.baseURL.slice), route)
    let start = arena.allocate(origin.count + upstreamPath.count)
    let end = writeSlice(upstreamPath, to: writeSlice(origin, to: start))
    return Slice(start: start, count: end - start)
  }

  private static func origin(_ baseURL: Slice, _ route: Route) -> Slice {
    guard let start = baseURL.start else { return baseURL }
    return Slice(start: start, count: max(0, baseURL.count - route.basePath.count))
  }

  func setAttribute(_ attribute: llmp_attr_t, _ value: Slice) -> llmp_status_t {
    guard phase == .preparing else { return LLMP_E_STATE }
    switch attribute {
    case LLMP_ATTR_UPSTREAM_URL: return setUpstreamURL(value)
    case LLMP_ATTR_UPSTREAM_METHOD:
      // What follows an answer to CONNECT is not HTTP.
      guard FieldRules.isToken(value.bytes), !value.equals(Slice("CONNECT")) else { return LLMP_E_INVALID }
      upstreamMethod = arena.copy(value.bytes)
      return LLMP_OK
    default: return LLMP_E_UNSUPPORTED
    }
  }

  /// Path and query may change; the origin is the one that `base_url` names, so that an adapter cannot send
  /// a project's key elsewhere.
  private func setUpstreamURL(_ url: Slice) -> llmp_status_t {
    guard let route = currentRoute, let start = url.start else { return LLMP_E_INVALID }
    let origin = Self.origin(Slice(route.baseURL.slice), route)
    guard url.count > origin.count, Slice(start: start, count: origin.count).equals(origin),
      start[origin.count] == UInt8(ascii: "/")
    else { return LLMP_E_DENIED }
    let target = Slice(start: start + origin.count, count: url.count - origin.count)
    guard target.bytes.allSatisfy({ $0 > 32 && $0 < 127 }) else { return LLMP_E_INVALID }
    upstreamPath = arena.copy(target.bytes)
    return LLMP_OK
  }

  /// Whether the instance whose hook runs lists the key under `provides`.
  func mayWrite(_ key: llmp_key_t) -> Bool {
    openCaller?._withUnsafeGuaranteedRef { $0.mayWrite(key) } ?? false
  }

  /// Only a stage that lists the key under `provides` may write it.
  func setMetadata(_ key: llmp_key_t, _ value: Metadata.Value) -> llmp_status_t {
    guard phase != .ended else { return LLMP_E_STATE }
    guard mayWrite(key) else { return LLMP_E_DENIED }
    metadata.set(key, value)
    if key == LLMP_META_PROJECT_ID, case .text(let id) = value { adoptPolicies(ofProject: id) }
    return LLMP_OK
  }

  var figures: llmp_exchange_t {
    var out = llmp_exchange_t()
    let now = times.ended != 0 ? times.ended : hookClock
    out.http_status = UInt32(outcome.status)
    if outcome.isStreamed { out.flags |= LLMP_EXCHANGE_STREAMED }
    if outcome.isClientGone { out.flags |= LLMP_EXCHANGE_CLIENT_GONE }
    if outcome.isUpstreamFailed { out.flags |= LLMP_EXCHANGE_UPSTREAM_FAILED }
    if outcome.isStageFailed { out.flags |= LLMP_EXCHANGE_STAGE_FAILED }
    if outcome.isGatewayReply { out.flags |= LLMP_EXCHANGE_GATEWAY_REPLY }
    out.attempts = attempts
    out.received_unix_ms = Int64(times.startedUnixNanoseconds / 1_000_000)
    out.duration_us = ExchangeTimes.microseconds(times.started, now)
    out.first_byte_us = ExchangeTimes.microseconds(times.started, times.firstByte)
    out.upstream_connect_us = ExchangeTimes.microseconds(times.connecting, times.connected)
    out.upstream_head_us = ExchangeTimes.microseconds(times.attempt, times.upstreamHead)
    out.upstream_us = ExchangeTimes.microseconds(
      times.attempt, times.upstreamEnd != 0 ? times.upstreamEnd : now)
    out.request_bytes = outcome.requestBytes
    out.response_bytes = outcome.responseBytes
    return out
  }
}
