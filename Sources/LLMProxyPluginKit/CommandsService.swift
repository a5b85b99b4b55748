internal import CLLMProxyPlugin

/// Carries out what an operator asks of this stage by name, while requests run.
///
/// Called on a thread that may block, several at once; never before `start` and never once `stop` has begun.
public protocol CommandHook: Middleware {
  /// Reads a JSON text and writes one to `output`. Throw `PluginFailure.configuration` or another with
  /// `LLMP_E_INVALID` for what the operator got wrong.
  func command(_ name: Slice, _ input: JSONValue, _ output: Output) throws
}

extension Host {
  /// Offers a command, such as `cache.purge`; list `llmp.commands/1` under `services`. Only in `init`, and
  /// only for a stage that is a `CommandHook`.
  public func offer(command name: StaticString) throws(PluginFailure) {
    let table = try service("llmp.commands/1", as: llmp_commands_api_t.self)
    let status = name.withText { table.pointee.offer?(context, $0, runCommand) } ?? LLMP_E_UNSUPPORTED
    if status != LLMP_OK { throw PluginFailure.host("commands.offer", status) }
  }
}

func runCommand(
  _ inst: UnsafeMutableRawPointer?, _ name: llmp_str_t, _ json: llmp_str_t, _ output: OutputHandle?,
  _ error: ErrorBuffer?
) -> llmp_status_t {
  guard let inst, let output else { return LLMP_E_INVALID }
  return Unmanaged<Instance>.fromOpaque(inst)._withUnsafeGuaranteedRef { instance in
    do {
      guard let hook = instance.command else {
        throw PluginFailure("the stage offers a command and is no CommandHook", code: LLMP_E_UNSUPPORTED)
      }
      try hook.command(
        Slice(name), JSONValue(parsing: json.buffer), Output(writer: output, api: instance.outputAPI))
      return LLMP_OK
    } catch let thrown {
      return PluginFailure.report(thrown, to: error)
    }
  }
}
