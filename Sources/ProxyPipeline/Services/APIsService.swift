import CLLMProxyPlugin
import ProxyPluginHost

/// `llmp.apis/1`: the configured APIs, and the wish to be carried to one of them.
enum APIsService {
  nonisolated(unsafe) static let table: UnsafePointer<llmp_apis_api_t> = {
    var table = llmp_apis_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_apis_api_t>.size)
    table.count = { context in
      InstanceContext.of(context)?.apis.entries.count ?? 0
    }
    table.at = { context, index, name, settings in
      guard let entries = InstanceContext.of(context)?.apis.entries, index < entries.count else {
        return LLMP_E_NOT_FOUND
      }
      name?.pointee = entries[Int(index)].name.slice
      settings?.pointee = entries[Int(index)].settingsJSON.slice
      return LLMP_OK
    }
    table.selected = { _, handle in
      RequestTable.with(handle, else: 0) { $0.selectedRoute }
    }
    table.forward = { _, handle, index in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard exchange.phase.rawValue <= Exchange.Phase.requestBody.rawValue else { return LLMP_E_STATE }
        guard index < exchange.serving?.routes.count ?? 0 else { return LLMP_E_NOT_FOUND }
        exchange.route = Int(index)
        return LLMP_OK
      }
    }
    return ServiceTables.lasting(table)
  }()
}
