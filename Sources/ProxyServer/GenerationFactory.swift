import Dispatch
import Logging
import NIOSSL
import ProxyConfig
import ProxyCore
import ProxyPipeline
import ProxyPluginHost
import ProxyTransport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// From traffic settings to a generation in service.
struct GenerationFactory {
  private let configuration: Configuration
  private let builder: GenerationBuilder
  private let logger: Logger

  init(_ configuration: Configuration, host: HostInterface, logger: Logger) throws(StartupError) {
    self.configuration = configuration
    self.logger = logger
    let plugins = configuration.boot.plugins
    do {
      let pinned = plugins.files.compactMap { file in file.sha256.map { (file.name, $0) } }
      let library = PluginLibrary(
        settings: PluginLibrary.Settings(
          directories: [plugins.directory],
          trust: try PluginTrust(
            mode: plugins.trust.rawValue, hashes: Dictionary(pinned, uniquingKeysWith: { $1 })),
          runtimeDirectory: try plugins.runtimeDirectory ?? RuntimeDirectory.standard(),
          hostName: ProxyVersion.name, hostVersion: ProxyVersion.number)
      ) { warning in
        logger.warning("plugin accepted with a warning", metadata: ["plugin.warning": "\(warning)"])
      }
      builder = GenerationBuilder(library: library, host: host)
    } catch {
      throw StartupError("\(error)")
    }
  }

  /// Everything short of making instances: files, descriptors, order, settings.
  func check() throws(StartupError) {
    do throws(PluginError) { try builder.check(plan) } catch { throw StartupError(sentence(error)) }
  }

  /// Builds and starts the generation.
  func build(number: UInt64) throws(StartupError) -> ServingGeneration {
    do throws(PluginError) {
      let generation = try builder.build(number: number, plan: plan)
      warnOfRefusedFiles()
      do throws(PluginError) {
        try generation.start()
        return try serving(generation)
      } catch {
        generation.retire(drainDeadline: 0, executor: { DispatchQueue.global().async(execute: $0) })
        generation.abandonDrain()
        throw error
      }
    } catch {
      throw StartupError(sentence(error))
    }
  }

  /// A file that nobody uses does no harm, but whoever put it there should hear why it is not loaded.
  private func warnOfRefusedFiles() {
    guard let catalog = try? builder.library.scan() else { return }  // the build above has just scanned it
    for refusal in catalog.refusals {
      logger.warning("plugin file refused", metadata: ["plugin.refusal": "\(refusal)"])
    }
  }

  private var plan: GenerationPlan {
    GenerationPlan(
      stages: configuration.traffic.pipeline.map(Self.stage),
      providers: configuration.traffic.apis.map { api in
        ProviderPlan(
          apiName: api.name, adapter: api.adapter, configJSON: api.adapterConfigJSON,
          settingsJSON: api.settingsJSON)
      },
      allowUnauthenticated: configuration.traffic.allowUnauthenticated)
  }

  private static func stage(_ stage: StageSettings) -> StagePlan {
    StagePlan(
      name: stage.name, use: stage.use, configJSON: stage.configJSON,
      onError: stage.onError == .open ? .open : .closed,
      timeoutNanoseconds: stage.timeout.wholeNanoseconds,
      hookBudgetNanoseconds: stage.hookBudget.wholeNanoseconds, services: stage.services,
      when: stage.when.map {
        StageCondition(operations: $0.operations, pathPrefixes: $0.pathPrefixes, methods: $0.methods)
      })
  }

  private func serving(_ generation: Generation) throws(PluginError) -> ServingGeneration {
    let traffic = configuration.traffic
    let tls: NIOSSLContext?
    do {
      // The variable that OpenSSL's own tools obey; read once, like every setting.
      let needsTLS = traffic.apis.contains { $0.baseURL.scheme == .https }
      tls = needsTLS ? try UpstreamTLS.context(authoritiesFile: Self.environment("SSL_CERT_FILE")) : nil
    } catch {
      throw PluginError(
        .configuration, "SSL_CERT_FILE", "the certificate authorities cannot be read: \(error)",
        remedy: "name a readable PEM file, or unset it for the system's store")
    }
    var routes: [Route] = []
    for (api, provider) in zip(traffic.apis, generation.providers) {
      routes.append(Route(api, provider: provider, target: target(api, tls)))
    }
    return try ServingGeneration(
      generation, routes: routes, defaultRoute: traffic.defaultAPI, limits: traffic.limits)
  }

  private func target(_ api: APISettings, _ tls: NIOSSLContext?) -> UpstreamTarget {
    let loops = configuration.boot.eventLoops ?? 1
    return UpstreamTarget(
      host: api.baseURL.host, port: api.baseURL.port, tls: api.baseURL.scheme == .https ? tls : nil,
      connectTimeout: (api.timeouts.connect ?? .seconds(30)).wholeNanoseconds,
      handshakeTimeout: (api.timeouts.tlsHandshake ?? .seconds(10)).wholeNanoseconds,
      idleLimit: api.pool.idlePerLoop(loops: loops) ?? .max,
      idleTimeout: (api.pool.idleTimeout ?? .seconds(86_400)).wholeNanoseconds)
  }

  private static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// The error with the file and line of the setting it belongs to.
  private func sentence(_ error: PluginError) -> String {
    switch error.place {
    case .stage(let index) where configuration.traffic.pipeline.indices.contains(index):
      "\(configuration.traffic.pipeline[index].origin): \(error)"
    case .provider(let index) where configuration.traffic.apis.indices.contains(index):
      "\(configuration.traffic.apis[index].origin): apis.\(configuration.traffic.apis[index].name): \(error)"
    default: "\(error)"
    }
  }
}
