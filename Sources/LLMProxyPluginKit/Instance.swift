internal import CLLMProxyPlugin

/// What the host holds as `inst`: the author's object and its hooks, looked up once.
final class Instance {
  let middleware: any Middleware
  let host: UnsafePointer<llmp_host_t>
  let requestAPI: UnsafePointer<llmp_request_api_t>
  let outputAPI: UnsafePointer<llmp_out_api_t>

  // Casting is slow, so it happens here and never in a hook.
  let requestHeaders: (any RequestHeadersHook)?
  let requestBody: (any RequestBodyHook)?
  let requestChunk: (any RequestChunkHook)?
  let requestEvent: (any RequestEventHook)?
  let requestDone: (any RequestDoneHook)?
  let responseHeaders: (any ResponseHeadersHook)?
  let responseBody: (any ResponseBodyHook)?
  let responseEvents: (any ResponseEventsHook)?
  let responseChunk: (any ResponseChunkHook)?
  let responseEnd: (any ResponseEndHook)?
  let responseTap: (any ResponseTapHook)?
  let drain: (any DrainHook)?
  let command: (any CommandHook)?
  let keepsState: Bool

  init(
    _ middleware: any Middleware, host: UnsafePointer<llmp_host_t>,
    requestAPI: UnsafePointer<llmp_request_api_t>, outputAPI: UnsafePointer<llmp_out_api_t>
  ) {
    self.middleware = middleware
    self.host = host
    self.requestAPI = requestAPI
    self.outputAPI = outputAPI
    requestHeaders = middleware as? any RequestHeadersHook
    requestBody = middleware as? any RequestBodyHook
    requestChunk = middleware as? any RequestChunkHook
    requestEvent = middleware as? any RequestEventHook
    requestDone = middleware as? any RequestDoneHook
    responseHeaders = middleware as? any ResponseHeadersHook
    responseBody = middleware as? any ResponseBodyHook
    responseEvents = middleware as? any ResponseEventsHook
    responseChunk = middleware as? any ResponseChunkHook
    responseEnd = middleware as? any ResponseEndHook
    responseTap = middleware as? any ResponseTapHook
    drain = middleware as? any DrainHook
    command = middleware as? any CommandHook
    keepsState = middleware is any KeepsRequestState
  }
}

func validateConfig(
  _ number: Int, _ config: llmp_str_t, _ error: ErrorBuffer?
) -> llmp_status_t {
  do {
    guard let type = ComponentTable.type(number) else { throw PluginFailure("no such component") }
    try type.validate(PluginConfig(parsing: config.buffer))
    return LLMP_OK
  } catch let thrown {
    return PluginFailure.report(thrown, to: error)
  }
}

func createInstance(
  _ number: Int, _ input: UnsafePointer<llmp_create_t>?,
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ error: ErrorBuffer?
) -> llmp_status_t {
  do {
    guard let type = ComponentTable.type(number), let result else {
      throw PluginFailure("no such component", code: LLMP_E_INVALID)
    }
    guard let input, Int(input.pointee.struct_size) >= MemoryLayout<llmp_create_t>.size,
      let host = input.pointee.host, Int(host.pointee.struct_size) >= MemoryLayout<llmp_host_t>.size,
      let requestAPI = host.pointee.req,
      Int(requestAPI.pointee.struct_size) >= MemoryLayout<llmp_request_api_t>.size,
      let outputAPI = host.pointee.out,
      Int(outputAPI.pointee.struct_size) >= MemoryLayout<llmp_out_api_t>.size
    else {
      throw PluginFailure(
        "the host's tables are smaller than this plugin's header; use a newer llm-proxy",
        code: LLMP_E_UNSUPPORTED)
    }
    guard ComponentDescriptor.hasHooks(type) else {
      throw PluginFailure(
        "\(type.name) implements no hook; conform to RequestHeadersHook or another", code: LLMP_E_INVALID)
    }
    let config = try PluginConfig(
      parsing: input.pointee.config_json.buffer, instance: String(Slice(input.pointee.instance)),
      generation: input.pointee.generation)
    let middleware = try type.init(config: config, host: Host(table: host))
    let instance = Instance(
      middleware, host: host, requestAPI: requestAPI, outputAPI: outputAPI)
    result.pointee = Unmanaged.passRetained(instance).toOpaque()
    return LLMP_OK
  } catch let thrown {
    return PluginFailure.report(thrown, to: error)
  }
}

func startInstance(_ inst: UnsafeMutableRawPointer?, _ error: ErrorBuffer?) -> llmp_status_t {
  guard let inst else { return LLMP_E_INVALID }
  do {
    try Unmanaged<Instance>.fromOpaque(inst).takeUnretainedValue().middleware.start()
    return LLMP_OK
  } catch let thrown {
    return PluginFailure.report(thrown, to: error)
  }
}

func drainInstance(_ inst: UnsafeMutableRawPointer?, _ deadline: UInt64) {
  guard let inst else { return }
  let instance = Unmanaged<Instance>.fromOpaque(inst).takeUnretainedValue()
  instance.drain?.drain(deadlineNanoseconds: deadline)
}

func destroyInstance(_ inst: UnsafeMutableRawPointer?) {
  guard let inst else { return }
  let instance = Unmanaged<Instance>.fromOpaque(inst).takeRetainedValue()
  instance.middleware.stop()
}
