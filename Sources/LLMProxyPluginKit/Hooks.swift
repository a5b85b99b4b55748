/// Sees every request as soon as its head is there; before it anything has gone to a provider.
public protocol RequestHeadersHook: Middleware {
  /// Runs in the order of the configuration. An error means: this stage has failed.
  func requestHeaders(_ request: Request) throws -> Verdict
}

/// Sees the request when its body has been received whole (see `MiddlewareFlags.needsRequestBody`).
public protocol RequestBodyHook: Middleware {
  /// Runs in the order of the configuration, after every stage's `requestHeaders`.
  func requestBody(_ request: Request) throws -> Verdict
}

/// Sees the pieces of a request body that is streamed to the provider.
public protocol RequestChunkHook: Middleware {
  /// `.continue` forwards the piece, `.replace` what was written to `output`, `.drop` nothing.
  func requestChunk(
    _ request: Request, _ chunk: Slice, isLast: Bool, _ output: Output
  ) throws -> Verdict
}

/// Runs again for a request that it holds with `.pause`, or that it answers with a stream.
public protocol RequestEventHook: Middleware {
  /// Verdict as for the hook that paused; `.pause` stays.
  func requestEvent(_ request: Request, _ event: RequestEvent, _ output: Output?) throws -> Verdict
}

/// Runs last, exactly once for every request of which this stage ran any hook, also after an abort.
public protocol RequestDoneHook: Middleware {
  /// Everything can be read, nothing can be changed.
  func requestDone(_ request: Request)
}

/// Why `requestEvent` runs.
public struct RequestEvent: Equatable, Sendable {
  /// What happened. Others may come with newer hosts: ignore them.
  public enum Reason: UInt32, Sendable {
    /// Someone called `RequestReference.resume`.
    case resumed = 1
    /// The streamed answer has room again.
    case writable = 2
    /// The client has gone or the deadline has passed; `requestDone` follows.
    case cancelled = 3
  }

  /// Nil for a reason this version of the kit does not know.
  public let reason: Reason?
  /// What was given to `resume`.
  public let cookie: UInt64
}

/// Sees the answer's status and headers before they leave.
public protocol ResponseHeadersHook: Middleware {
  /// Runs in the reverse order of the configuration.
  func responseHeaders(_ request: Request) throws -> Verdict
}

/// Sees the whole body of an answer (see `MiddlewareFlags.needsResponseBody`).
public protocol ResponseBodyHook: Middleware {
  /// Not called for event streams.
  func responseBody(_ request: Request) throws -> Verdict
}

/// Sees every event of an event stream.
public protocol ResponseEventsHook: Middleware {
  /// `.continue` forwards the event, `.replace` what was sent to `output`, `.drop` nothing.
  func responseEvent(
    _ request: Request, _ event: ServerSentEvent, _ output: Output
  ) throws -> Verdict
}

/// Sees the pieces of an answer that is neither held nor an event stream.
public protocol ResponseChunkHook: Middleware {
  /// `.continue` forwards the piece, `.replace` what was written to `output`, `.drop` nothing.
  func responseChunk(_ request: Request, _ chunk: Slice, _ output: Output) throws -> Verdict
}

/// Sees every answer's bytes, event streams too, as they pass this stage, and leaves them alone: the answer
/// keeps its framing and nothing is held for it.
public protocol ResponseTapHook: Middleware {
  /// Once for each piece; `.detach` wants no more of them.
  func responseTap(_ request: Request, _ chunk: Slice) throws -> Verdict
  /// The answer is whole. An answer that breaks, or whose client leaves, never gets here.
  func responseTapEnd(_ request: Request) throws
}

/// Runs when the answer is complete: the place to write what was held back.
public protocol ResponseEndHook: Middleware {
  /// What is written to `output` is the last that the client gets.
  func responseEnd(_ request: Request, _ output: Output) throws -> Verdict
}

/// Wants to know when its generation is replaced, while requests in flight still run.
public protocol DrainHook: Middleware {
  /// No new requests will come. Finish background work and call `host.drained()`, now or later, by
  /// the deadline (nanoseconds of the monotonic clock).
  func drain(deadlineNanoseconds: UInt64)
}

/// A middleware that keeps an object for each request from one hook to the next.
///
/// The object is released after the request's last hook; the stage has nothing to clean up.
public protocol KeepsRequestState: Middleware {
  /// What is kept. Hooks of one request are serialized, so it needs no lock of its own.
  associatedtype RequestState: AnyObject
}

extension KeepsRequestState {
  /// The object kept for this request, or nil.
  public func state(of request: Request) -> RequestState? {
    guard let kept = request.slot.pointee else { return nil }
    return Unmanaged<RequestState>.fromOpaque(kept).takeUnretainedValue()
  }

  /// Keeps an object for this request in place of the one before; nil keeps none.
  public func setState(_ state: RequestState?, of request: Request) {
    let before = request.slot.pointee
    request.slot.pointee = state.map { Unmanaged.passRetained($0).toOpaque() }
    if let before { Unmanaged<RequestState>.fromOpaque(before).release() }
  }
}
