import CLLMProxyPlugin
import NIOCore
import ProxyPluginHost

/// What the host keeps with one instance on behalf of the services: `InstanceContext.attachment`.
final class InstanceServices: Sendable {
  let state: PipelineState
  /// Module id: values and metrics are a module's, not an instance's.
  let module: String
  /// Where timers without a request run.
  let eventLoop: any EventLoop
  let timers = TimerBook()
  let commands = CommandBook()
  let blocking: BlockingPool

  init(state: PipelineState, module: String, eventLoop: any EventLoop, blocking: BlockingPool) {
    self.state = state
    self.module = module
    self.eventLoop = eventLoop
    self.blocking = blocking
  }

  static func of(_ context: UnsafeMutablePointer<llmp_ctx_t>?) -> InstanceServices? {
    InstanceContext.of(context)?.attachment as? InstanceServices
  }
}
