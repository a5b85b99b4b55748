public import NIOCore
import ProxyCore
public import ProxyPluginHost

/// The pipeline's side of the plugin host: tables, services, logs.
public enum PipelineHost {
  /// The same tables and services, for a check in which no instance is made.
  public static let forChecks = HostInterface(
    requestAPI: RequestTable.shared, outAPI: OutTable.out, blobAPI: OutTable.blob,
    name: ProxyVersion.name, version: ProxyVersion.number, shards: 1,
    service: { ServiceTables.find($0) }, log: { _, _, _, _ in })

  /// What instances are given.
  ///
  /// - Parameters:
  ///   - eventLoop: where timers without a request run.
  ///   - loops: number of event loops; each has a shard of the hook counters.
  public static func interface(
    state: PipelineState, blocking: BlockingPool, eventLoop: any EventLoop, loops: Int
  ) -> HostInterface {
    HostInterface(
      requestAPI: RequestTable.shared, outAPI: OutTable.out, blobAPI: OutTable.blob,
      name: ProxyVersion.name, version: ProxyVersion.number, shards: loops,
      service: { ServiceTables.find($0) },
      log: { context, level, message, fields in
        state.log.plugin(level, instance: context.name.string, request: nil, message: message, fields: fields)
      },
      attachment: { context in
        InstanceServices(
          state: state, module: context.facts.moduleID, eventLoop: eventLoop, blocking: blocking)
      })
  }
}
