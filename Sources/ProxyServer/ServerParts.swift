import Logging
import NIOCore
import NIOPosix
import ProxyConfig
import ProxyCore
import ProxyListener
import ProxyManagement
import ProxyPipeline
import ProxyPluginHost
import ProxyStore

/// Everything that runs, in the order in which it is built.
final class ServerParts: Sendable {
  let configuration: Configuration
  let store: Store
  let blocking: BlockingPool
  let group: MultiThreadedEventLoopGroup
  let generation: Generation
  let loops: [LoopServices]
  private let control: ManagementPlane
  private let auditLog: AuditLog?
  private let logger: Logger

  private init(
    configuration: Configuration, store: Store, blocking: BlockingPool, group: MultiThreadedEventLoopGroup,
    generation: Generation, loops: [LoopServices], control: ManagementPlane, auditLog: AuditLog?,
    logger: Logger
  ) {
    self.control = control
    self.configuration = configuration
    self.store = store
    self.blocking = blocking
    self.group = group
    self.generation = generation
    self.loops = loops
    self.auditLog = auditLog
    self.logger = logger
  }

  static func build(_ configuration: Configuration, logger: Logger) async throws(StartupError) -> ServerParts
  {
    let store = try openStore(configuration)
    if store.health.unreadableProviderKeys > 0 {
      logger.error(
        "provider keys cannot be opened: set the ENCRYPTION_KEY they were sealed with, or give the projects new keys",
        metadata: ["projects": "\(store.health.unreadableProviderKeys)"])
    }
    let blocking = BlockingPool(threads: 2)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: loopCount(configuration.boot))
    do throws(StartupError) {
      return try await build(configuration, store, blocking, group, logger)
    } catch {
      await store.close()
      await blocking.shutDown()
      try? await group.shutdownGracefully()  // the reason that matters is the first
      throw error
    }
  }

  private static func build(
    _ configuration: Configuration, _ store: Store, _ blocking: BlockingPool,
    _ group: MultiThreadedEventLoopGroup, _ logger: Logger
  ) async throws(StartupError) -> ServerParts {
    let eventLoops = group.makeIterator().map { $0 }
    let log = pluginLog(logger)
    let auditLog = try openAuditLog(configuration, logger)
    let denials = DenialAudit(settings: ManagementSettings(configuration.boot), state: store, log: auditLog)
    let state = PipelineState(
      directory: store.directory, log: log, prices: store.prices, recordDenial: { denials.record($0) },
      recordUsage: { store.usage.record($0) })
    let host = PipelineHost.interface(
      state: state, blocking: blocking, eventLoop: eventLoops[0], loops: eventLoops.count)
    let built = try GenerationFactory(configuration, host: host, logger: logger).build(number: 1)
    let metrics = ServerMetrics()
    let live = LiveParts(configuration, state: state, serving: built, ledger: store.usage, blocking: blocking)
    let control = try managementPlane(configuration, store, metrics, live, auditLog, logger)
    var loops: [LoopServices] = []
    for (shard, eventLoop) in eventLoops.enumerated() {
      let services = try? await eventLoop.submit {
        LoopServices(
          eventLoop: eventLoop,
          listener: listener(configuration, eventLoop, shard, built, state, control))
      }.get()
      if let services { loops.append(services) }
    }
    live.attach(loops)
    control.start()
    metrics.attach(loops: loops, generation: built.generation, state: state, store: store)
    return ServerParts(
      configuration: configuration, store: store, blocking: blocking, group: group,
      generation: built.generation, loops: loops, control: control, auditLog: auditLog, logger: logger)
  }

  private static func loopCount(_ boot: BootSettings) -> Int {
    max(1, boot.eventLoops ?? System.coreCount)
  }

  private static func openStore(_ configuration: Configuration) throws(StartupError) -> Store {
    let (boot, settings) = (configuration.boot, configuration.boot.database)
    do {
      var options = StoreOptions(path: settings.path)
      options.readerCount = settings.poolSize
      options.auditRetention = boot.audit.retention
      options.prices = PriceBook(configuration.traffic.prices)
      options.usageRetention = boot.usage.retention
      options.rollupRetention = boot.usage.rollupRetention
      if let key = settings.encryptionKey { options.sealingKey = try SealingKey(key) }
      return try Store(options)
    } catch {
      throw StartupError("cannot open the database (DATABASE_PATH \(settings.path)): \(error)")
    }
  }

  private static func pluginLog(_ logger: Logger) -> PipelineLog {
    PipelineLog { level, message, values in
      let severity: Logger.Level =
        level >= 4 ? .error : level == 3 ? .warning : level == 2 ? .info : .debug
      logger.log(
        level: severity, "\(message)",
        metadata: Logger.Metadata(values.map { ($0.0, .string($0.1)) }, uniquingKeysWith: { $1 }))
    }
  }

  private static func openAuditLog(
    _ configuration: Configuration, _ logger: Logger
  ) throws(StartupError) -> AuditLog? {
    guard configuration.boot.audit.isEnabled, let file = configuration.boot.audit.file else { return nil }
    do {
      return try AuditLog(
        path: file, createsDirectory: configuration.boot.audit.createsDirectory,
        rotation: AuditLog.Rotation(maximumAge: configuration.boot.audit.retention),
        logger: logger)
    } catch {
      throw StartupError("\(error)")
    }
  }

  private static func managementPlane(
    _ configuration: Configuration, _ store: Store, _ metrics: ServerMetrics, _ live: LiveParts,
    _ auditLog: AuditLog?, _ logger: Logger
  ) throws(StartupError) -> ManagementPlane {
    do {
      return try ManagementPlane(
        settings: ManagementSettings(configuration.boot), state: store, metrics: metrics, server: live,
        auditLog: auditLog, logger: logger)
    } catch {
      throw StartupError("\(error)")
    }
  }

  private static func listener(
    _ configuration: Configuration, _ eventLoop: any EventLoop, _ shard: Int, _ built: ServingGeneration,
    _ state: PipelineState, _ control: any ControlPlane
  ) -> LoopListener {
    let traffic = configuration.traffic
    return LoopListener(
      loop: LoopContext(
        eventLoop: eventLoop, shard: shard, serving: built, state: state,
        loops: loopCount(configuration.boot)),
      control: control,
      limits: ListenerLimits(
        headBytes: traffic.limits.requestHeadBytes, fields: traffic.limits.requestFields,
        connections: traffic.limits.clientConnections),
      timeouts: ClientTimeouts(
        head: traffic.timeouts.requestHead.wholeNanoseconds,
        bodyIdle: traffic.timeouts.requestBodyIdle.wholeNanoseconds,
        keepAliveIdle: traffic.timeouts.keepAliveIdle.wholeNanoseconds,
        writeIdle: traffic.timeouts.clientWriteIdle.wholeNanoseconds),
      isTLS: configuration.boot.tls != nil)
  }

  // MARK: stop

  /// Ends everything in reverse order. False when something could not be written.
  @discardableResult
  func stop(drain: Duration) async -> Bool {
    control.endStreams()
    await drainConnections(drain)
    await control.stop()
    for loop in loops { _ = await loop.run { $0.loop.shutDown() } }
    await retireGeneration()
    let isWritten = await store.close()
    await auditLog?.flush()
    await blocking.shutDown()
    try? await group.shutdownGracefully()  // fails only when it was shut down before
    return isWritten
  }

  private func drainConnections(_ limit: Duration) async {
    await withTaskGroup(of: Bool.self) { tasks in
      for loop in loops {
        tasks.addTask {
          await loop.drain()
          return true
        }
      }
      tasks.addTask {
        try? await Task.sleep(for: limit)  // cancelled when everything has drained in time
        return false
      }
      var drained = 0
      while let isDrained = await tasks.next() {
        if isDrained { drained += 1 } else { cut() }
        if drained == loops.count { tasks.cancelAll() }
      }
    }
  }

  /// Cuts every connection that is left.
  func cut() {
    for loop in loops { loop.eventLoop.execute { [loop] in loop.closeAll() } }
  }

  private func retireGeneration() async {
    await withCheckedContinuation { continuation in
      let blocking = blocking
      generation.retire(
        drainDeadline: Clocks.monotonicNanoseconds() + 5_000_000_000,
        executor: { work in blocking.run { work() } }, destroyed: { continuation.resume() })
      // The exchanges are over; a plugin that never answers `drain` is not waited for.
      generation.abandonDrain()
    }
  }
}

extension Duration {
  /// In nanoseconds, never negative.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
  }
}
