internal import CLLMProxyPlugin

// The C functions that the host calls. Each finds the instance behind `inst`, lends the request to
// the author's hook and turns a thrown error into LLMP_ERROR with its text (R7: nothing unwinds
// across the border). Nothing is allocated on the way unless a hook throws.

typealias RequestHandle = UnsafeMutablePointer<llmp_req_t>
typealias Slot = UnsafeMutablePointer<UnsafeMutableRawPointer?>
typealias ErrorBuffer = UnsafeMutablePointer<llmp_err_t>
typealias OutputHandle = UnsafeMutablePointer<llmp_out_t>

@inline(__always)
private func hook(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?, _ error: ErrorBuffer?,
  _ body: (Instance, Request) throws -> Verdict?
) -> llmp_verdict_t {
  guard let inst, let handle, let slot else { return LLMP_ERROR }
  return Unmanaged<Instance>.fromOpaque(inst)._withUnsafeGuaranteedRef { instance in
    let request = Request(
      handle: handle, host: instance.host, api: instance.requestAPI, slot: slot)
    do {
      return try body(instance, request)?.rawValue ?? LLMP_CONTINUE
    } catch let thrown {
      _ = PluginFailure.report(thrown, to: error)
      return LLMP_ERROR
    }
  }
}

func callRequestHeaders(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?, _ error: ErrorBuffer?
) -> llmp_verdict_t {
  hook(inst, handle, slot, error) { try $0.requestHeaders?.requestHeaders($1) }
}

func callRequestBody(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?, _ error: ErrorBuffer?
) -> llmp_verdict_t {
  hook(inst, handle, slot, error) { try $0.requestBody?.requestBody($1) }
}

func callRequestChunk(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?, _ chunk: llmp_str_t,
  _ isLast: UInt32, _ output: OutputHandle?, _ error: ErrorBuffer?
) -> llmp_verdict_t {
  guard let output else { return LLMP_ERROR }
  return hook(inst, handle, slot, error) { instance, request in
    try instance.requestChunk?.requestChunk(
      request, Slice(chunk), isLast: isLast != 0, Output(writer: output, api: instance.outputAPI))
  }
}

func callResponseHeaders(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?, _ error: ErrorBuffer?
) -> llmp_verdict_t {
  hook(inst, handle, slot, error) { try $0.responseHeaders?.responseHeaders($1) }
}

func callResponseBody(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?, _ error: ErrorBuffer?
) -> llmp_verdict_t {
  hook(inst, handle, slot, error) { try $0.responseBody?.responseBody($1) }
}

func callResponseEvent(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?,
  _ event: UnsafePointer<llmp_sse_t>?, _ output: OutputHandle?, _ error: ErrorBuffer?
) -> llmp_verdict_t {
  guard let event, let output else { return LLMP_ERROR }
  return hook(inst, handle, slot, error) { instance, request in
    try instance.responseEvents?.responseEvent(
      request, ServerSentEvent(raw: event), Output(writer: output, api: instance.outputAPI))
  }
}

func callResponseChunk(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?, _ chunk: llmp_str_t,
  _ output: OutputHandle?, _ error: ErrorBuffer?
) -> llmp_verdict_t {
  guard let output else { return LLMP_ERROR }
  return hook(inst, handle, slot, error) { instance, request in
    try instance.responseChunk?.responseChunk(
      request, Slice(chunk), Output(writer: output, api: instance.outputAPI))
  }
}

func callResponseEnd(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?,
  _ output: OutputHandle?, _ error: ErrorBuffer?
) -> llmp_verdict_t {
  guard let output else { return LLMP_ERROR }
  return hook(inst, handle, slot, error) { instance, request in
    try instance.responseEnd?.responseEnd(
      request, Output(writer: output, api: instance.outputAPI))
  }
}

func callResponseTap(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?, _ chunk: llmp_str_t,
  _ output: OutputHandle?, _ error: ErrorBuffer?
) -> llmp_verdict_t {
  hook(inst, handle, slot, error) { try $0.responseTap?.responseTap($1, Slice(chunk)) }
}

func callResponseTapEnd(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?,
  _ output: OutputHandle?, _ error: ErrorBuffer?
) -> llmp_verdict_t {
  hook(inst, handle, slot, error) {
    try $0.responseTap?.responseTapEnd($1)
    return .continue
  }
}

func callRequestEvent(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?, _ reason: UInt32,
  _ cookie: UInt64, _ output: OutputHandle?, _ error: ErrorBuffer?
) -> llmp_verdict_t {
  hook(inst, handle, slot, error) { instance, request in
    let event = RequestEvent(reason: RequestEvent.Reason(rawValue: reason), cookie: cookie)
    guard let output else { return try instance.requestEvent?.requestEvent(request, event, nil) }
    return try instance.requestEvent?.requestEvent(
      request, event, Output(writer: output, api: instance.outputAPI))
  }
}

func callRequestDone(
  _ inst: UnsafeMutableRawPointer?, _ handle: RequestHandle?, _ slot: Slot?
) {
  guard let inst, let handle, let slot else { return }
  Unmanaged<Instance>.fromOpaque(inst)._withUnsafeGuaranteedRef { instance in
    instance.requestDone?.requestDone(
      Request(handle: handle, host: instance.host, api: instance.requestAPI, slot: slot))
    guard instance.keepsState, let kept = slot.pointee else { return }
    slot.pointee = nil
    Unmanaged<AnyObject>.fromOpaque(kept).release()
  }
}
