public import CLLMProxyPlugin

/// What is known of an exchange so far; complete in `requestDone`. Durations are microseconds and 0
/// where the thing did not happen.
public struct Exchange: Sendable {
  /// The struct as the host filled it, for fields that have no name here.
  public let raw: llmp_exchange_t

  /// The status sent to the client; 0 when nothing was sent.
  @inlinable public var status: UInt32 { raw.http_status }
  /// Attempts made at a provider.
  @inlinable public var attempts: UInt32 { raw.attempts }
  /// When the first byte came, in milliseconds since 1970.
  @inlinable public var receivedUnixMilliseconds: Int64 { raw.received_unix_ms }
  /// First byte of the request until now, or until the end.
  @inlinable public var durationMicroseconds: UInt64 { raw.duration_us }
  /// First byte of the request until the first byte of the answer.
  @inlinable public var firstByteMicroseconds: UInt64 { raw.first_byte_us }
  /// Connecting to the provider; 0 when a pooled connection served.
  @inlinable public var upstreamConnectMicroseconds: UInt64 { raw.upstream_connect_us }
  /// The last attempt, from its begin until its end.
  @inlinable public var upstreamMicroseconds: UInt64 { raw.upstream_us }
  /// Body bytes received from the client.
  @inlinable public var requestBytes: UInt64 { raw.request_bytes }
  /// Body bytes sent to the client.
  @inlinable public var responseBytes: UInt64 { raw.response_bytes }

  /// The answer was an event stream.
  @inlinable public var isStreamed: Bool { raw.flags & LLMP_EXCHANGE_STREAMED != 0 }
  /// The client left before the end.
  @inlinable public var clientGone: Bool { raw.flags & LLMP_EXCHANGE_CLIENT_GONE != 0 }
  /// The last attempt broke.
  @inlinable public var upstreamFailed: Bool { raw.flags & LLMP_EXCHANGE_UPSTREAM_FAILED != 0 }
  /// A stage failed, open or closed.
  @inlinable public var stageFailed: Bool { raw.flags & LLMP_EXCHANGE_STAGE_FAILED != 0 }
  /// The answer is the proxy's own.
  @inlinable public var isGatewayReply: Bool { raw.flags & LLMP_EXCHANGE_GATEWAY_REPLY != 0 }
}

extension Request {
  /// Times, sizes and outcome of the exchange, or nil from a host that does not tell.
  public func exchange() -> Exchange? {
    var raw = llmp_exchange_t()
    raw.struct_size = UInt32(MemoryLayout<llmp_exchange_t>.size)
    return api.pointee.exchange_get?(handle, &raw) == LLMP_OK ? Exchange(raw: raw) : nil
  }

  /// What the model read and wrote, as the adapter found it (-1: not said), or nil when there is
  /// nothing known.
  public func usage() -> llmp_usage_t? {
    var raw = llmp_usage_t()
    raw.struct_size = UInt32(MemoryLayout<llmp_usage_t>.size)
    return api.pointee.usage_get?(handle, &raw) == LLMP_OK ? raw : nil
  }
}
