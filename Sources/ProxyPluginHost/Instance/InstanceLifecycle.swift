import CLLMProxyPlugin

/// The lifecycle of one instance: who made it, what it was given, and how it ends.
///
/// `@unchecked Sendable`: immutable; the header promises that lifecycle functions may be called on any thread
/// as long as they are serialized, which the builder and `Generation` see to.
final class InstanceLifecycle: @unchecked Sendable {
  let context: InstanceContext
  private let image: PluginImage
  private let component: PluginComponent
  private let table: HostTable
  private let config: StableText
  private let subject: String
  private let moduleState: UnsafeMutableRawPointer?

  /// Opens the module; `destroy` closes it again.
  init(
    image: PluginImage, component: PluginComponent, context: InstanceContext, config: String, subject: String
  ) throws(PluginError) {
    self.image = image
    self.component = component
    self.context = context
    self.subject = subject
    self.config = StableText(config)
    table = HostTable(context: context)
    moduleState = try image.open(host: context.host)
  }

  /// Whether `previous` is an instance of the very same code, so that `reconfigure` may take it over.
  func canReconfigure(from previous: InstanceLifecycle) -> Bool {
    component.descriptor.reconfigure != nil && previous.image === image
      && previous.component.facts.name == component.facts.name
  }

  /// Runs `create`, or `reconfigure` when there is an instance to build from. `LLMP_OK` with a NULL
  /// instance is accepted: a stage without state needs none.
  func create(from previous: UnsafeMutableRawPointer?? = nil) throws(PluginError) -> UnsafeMutableRawPointer?
  {
    var input = llmp_create_t()
    input.struct_size = UInt32(MemoryLayout<llmp_create_t>.size)
    input.host = table.pointer
    input.generation = context.generationNumber
    input.instance = context.name.slice
    input.config_json = config.slice
    input.module_state = moduleState
    var instance: UnsafeMutableRawPointer?
    let before = ProcessState()
    let call: PluginCall
    let function: String
    if let previous, let reconfigure = component.descriptor.reconfigure {
      function = "reconfigure"
      call = PluginCall.run { error in context.setUp { reconfigure(&input, previous, &instance, error) } }
    } else {
      function = "create"
      call = PluginCall.run { error in
        context.setUp { component.descriptor.create?(&input, &instance, error) ?? LLMP_E_INTERNAL }
      }
    }
    for warning in before.restoreSignals(after: component.facts.file, during: "\(function) ran") {
      context.host.log(context, LLMP_LOG_WARN, warning.description, "")
    }
    if let failure = call.failure(.start, subject, "\(component.facts.file): \(function)") {
      image.close()
      throw failure
    }
    return instance
  }

  func start(_ instance: UnsafeMutableRawPointer?) throws(PluginError) {
    guard let start = component.descriptor.start else { return }
    let call = PluginCall.run { error in start(instance, error) }
    if let failure = call.failure(.start, subject, "\(component.facts.file): start") { throw failure }
  }

  var canDrain: Bool { component.descriptor.drain != nil }

  /// Tells the instance that no new requests come. `drained` runs once: when the plugin says so, or when the
  /// drain is abandoned.
  func drain(
    _ instance: UnsafeMutableRawPointer?, deadline: UInt64, drained: @escaping @Sendable () -> Void
  ) {
    context.onDrained(drained)
    component.descriptor.drain?(instance, deadline)
  }

  /// The end: after this no code of the plugin runs for this instance (R9).
  func destroy(_ instance: UnsafeMutableRawPointer?) {
    component.descriptor.destroy?(instance)
    image.close()
  }
}
