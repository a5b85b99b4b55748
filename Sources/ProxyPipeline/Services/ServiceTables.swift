import CLLMProxyPlugin

/// The services of this host, by id. What is not here is absent, and plugins are told so with NULL.
enum ServiceTables {
  /// The table of a service id; nil when it is not served.
  static func find(_ id: String) -> UnsafeRawPointer? {
    switch id {
    case LLMP_SVC_STORE: UnsafeRawPointer(StoreService.table)
    case LLMP_SVC_LIMITS: UnsafeRawPointer(LimitsService.table)
    case LLMP_SVC_JSON: UnsafeRawPointer(JSONService.table)
    case LLMP_SVC_APIS: UnsafeRawPointer(APIsService.table)
    case LLMP_SVC_TIMER: UnsafeRawPointer(TimerService.table)
    case LLMP_SVC_EXEC: UnsafeRawPointer(ExecService.table)
    case LLMP_SVC_KV: UnsafeRawPointer(ValuesService.table)
    case LLMP_SVC_COMMANDS: UnsafeRawPointer(CommandsService.table)
    case LLMP_SVC_METRICS: UnsafeRawPointer(MetricsService.table)
    default: nil
    }
  }

  /// A table at an address that stays for the life of the process.
  static func lasting<T>(_ value: T) -> UnsafePointer<T> {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: 1)
    memory.initialize(to: value)
    return UnsafePointer(memory)
  }
}
