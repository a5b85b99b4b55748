import CLLMProxyPlugin
import ProxyPluginHost
import Synchronization

/// `llmp.commands/1`: what an operator may ask of a running instance, by name.
enum CommandsService {
  nonisolated(unsafe) static let table: UnsafePointer<llmp_commands_api_t> = {
    var table = llmp_commands_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_commands_api_t>.size)
    table.offer = { context, name, run in
      guard let instance = InstanceContext.of(context), instance.isSettingUp,
        let services = InstanceServices.of(context)
      else { return LLMP_E_STATE }
      let name = Slice(name).string
      guard let run, !name.isEmpty, name.utf8.count <= 128 else { return LLMP_E_INVALID }
      return services.commands.offer(name, run) ? LLMP_OK : LLMP_E_LIMIT
    }
    return ServiceTables.lasting(table)
  }()
}

/// The commands that one instance offers. Any thread.
final class CommandBook: Sendable {
  private static let limit = 16
  private let commands = Mutex<[String: llmp_command_fn]>([:])

  /// False when there are too many.
  func offer(_ name: String, _ run: @escaping llmp_command_fn) -> Bool {
    commands.withLock { commands in
      guard commands[name] != nil || commands.count < Self.limit else { return false }
      commands[name] = run
      return true
    }
  }

  func command(_ name: String) -> llmp_command_fn? { commands.withLock { $0[name] } }
}
