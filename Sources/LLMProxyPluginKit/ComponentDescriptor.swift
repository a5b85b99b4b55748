internal import CLLMProxyPlugin
internal import Synchronization

/// Builds what the host reads about one middleware type.
enum ComponentDescriptor {
  /// Nil when the image has more components than there are create functions.
  static func make(_ type: any Middleware.Type) -> UnsafePointer<llmp_component_t>? {
    guard let number = ComponentTable.register(type) else { return nil }
    var component = llmp_component_t()
    component.struct_size = UInt32(MemoryLayout<llmp_component_t>.size)
    component.kind = LLMP_KIND_MIDDLEWARE
    if type.flags.contains(.mayBlock) { component.flags |= LLMP_COMP_MAY_BLOCK }
    if type.flags.contains(.serial) { component.flags |= LLMP_COMP_SERIAL }
    component.name = Permanent.text(type.name)
    component.summary = Permanent.text(type.summary)
    component.config_schema = Permanent.text(type.configSchema)
    component.provides = Permanent.array(type.provides.map(Permanent.text))
    component.n_provides = type.provides.count
    component.consumes = Permanent.array(type.consumes.map(Permanent.text))
    component.n_consumes = type.consumes.count
    component.services = Permanent.array(type.services.map(Permanent.text))
    component.n_services = type.services.count
    component.vtable = UnsafeRawPointer(Permanent.value(hooks(of: type)))
    component.validate = ComponentTable.validateFunctions[number]
    component.create = ComponentTable.createFunctions[number]
    component.start = startInstance
    component.drain = type is any DrainHook.Type ? drainInstance : nil
    component.destroy = destroyInstance
    return Permanent.value(component)
  }

  /// False for a type that the host would never call: a conformance was forgotten.
  static func hasHooks(_ type: any Middleware.Type) -> Bool {
    type is any RequestHeadersHook.Type || type is any RequestBodyHook.Type
      || type is any RequestChunkHook.Type || type is any RequestDoneHook.Type
      || type is any ResponseHeadersHook.Type || type is any ResponseBodyHook.Type
      || type is any ResponseEventsHook.Type || type is any ResponseChunkHook.Type
      || type is any ResponseEndHook.Type
      || type is any ResponseTapHook.Type
  }

  /// Only the hooks that the type conforms to: the host does not call what is NULL.
  private static func hooks(of type: any Middleware.Type) -> llmp_middleware_t {
    var hooks = llmp_middleware_t()
    hooks.struct_size = UInt32(MemoryLayout<llmp_middleware_t>.size)
    if type.flags.contains(.needsRequestBody) { hooks.flags |= LLMP_MW_NEED_REQUEST_BODY }
    if type.flags.contains(.needsResponseBody) { hooks.flags |= LLMP_MW_NEED_RESPONSE_BODY }
    if type is any RequestHeadersHook.Type { hooks.request_headers = callRequestHeaders }
    if type is any RequestBodyHook.Type { hooks.request_body = callRequestBody }
    if type is any RequestChunkHook.Type { hooks.request_chunk = callRequestChunk }
    if type is any ResponseHeadersHook.Type { hooks.response_headers = callResponseHeaders }
    if type is any ResponseBodyHook.Type { hooks.response_body = callResponseBody }
    if type is any ResponseEventsHook.Type { hooks.response_sse = callResponseEvent }
    if type is any ResponseChunkHook.Type { hooks.response_chunk = callResponseChunk }
    if type is any ResponseEndHook.Type { hooks.response_end = callResponseEnd }
    if type is any ResponseTapHook.Type {
      hooks.flags |= LLMP_MW_TAP_RESPONSE
      hooks.response_chunk = callResponseTap
      hooks.response_end = callResponseTapEnd
    }
    if type is any RequestEventHook.Type { hooks.on_event = callRequestEvent }
    if type is any RequestDoneHook.Type || type is any KeepsRequestState.Type {
      hooks.request_done = callRequestDone
    }
    return hooks
  }
}

/// The components of this image, by the number that is baked into their create function.
///
/// `create` and `validate` are not told which component they are called for, and a C function
/// pointer cannot carry a Swift type. So each component gets a C function of its own.
enum ComponentTable {
  private static let types = Mutex<[any Middleware.Type]>([])

  /// Takes the next number, or nil when all are taken.
  static func register(_ type: any Middleware.Type) -> Int? {
    types.withLock { types in
      guard types.count < createFunctions.count else { return nil }
      types.append(type)
      return types.count - 1
    }
  }

  static func type(_ number: Int) -> (any Middleware.Type)? {
    types.withLock { $0.indices.contains(number) ? $0[number] : nil }
  }

  typealias Create =
    @convention(c) (
      UnsafePointer<llmp_create_t>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?, ErrorBuffer?
    ) -> llmp_status_t
  typealias Validate = @convention(c) (llmp_str_t, ErrorBuffer?) -> llmp_status_t

  static let createFunctions: [Create] = [
    { createInstance(0, $0, $1, $2) }, { createInstance(1, $0, $1, $2) },
    { createInstance(2, $0, $1, $2) }, { createInstance(3, $0, $1, $2) },
    { createInstance(4, $0, $1, $2) }, { createInstance(5, $0, $1, $2) },
    { createInstance(6, $0, $1, $2) }, { createInstance(7, $0, $1, $2) },
    { createInstance(8, $0, $1, $2) }, { createInstance(9, $0, $1, $2) },
    { createInstance(10, $0, $1, $2) }, { createInstance(11, $0, $1, $2) },
    { createInstance(12, $0, $1, $2) }, { createInstance(13, $0, $1, $2) },
    { createInstance(14, $0, $1, $2) }, { createInstance(15, $0, $1, $2) },
  ]
  static let validateFunctions: [Validate] = [
    { validateConfig(0, $0, $1) }, { validateConfig(1, $0, $1) },
    { validateConfig(2, $0, $1) }, { validateConfig(3, $0, $1) },
    { validateConfig(4, $0, $1) }, { validateConfig(5, $0, $1) },
    { validateConfig(6, $0, $1) }, { validateConfig(7, $0, $1) },
    { validateConfig(8, $0, $1) }, { validateConfig(9, $0, $1) },
    { validateConfig(10, $0, $1) }, { validateConfig(11, $0, $1) },
    { validateConfig(12, $0, $1) }, { validateConfig(13, $0, $1) },
    { validateConfig(14, $0, $1) }, { validateConfig(15, $0, $1) },
  ]
}
