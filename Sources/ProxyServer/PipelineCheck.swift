import Logging
public import ProxyConfig
import ProxyPipeline

/// Whether a server would take the stages and adapters of a configuration. Nothing is started.
public enum PipelineCheck {
  /// Loads the plugins that are used, as a server does, and checks their order and settings; makes no instance.
  ///
  /// - Throws: the first reason for which a server would not start, with file and line.
  public static func run(_ configuration: Configuration) throws(StartupError) {
    let silent = Logger(label: "llm-proxy.check") { _ in SwiftLogNoOpLogHandler() }
    try GenerationFactory(configuration, host: PipelineHost.forChecks, logger: silent).check()
  }
}
