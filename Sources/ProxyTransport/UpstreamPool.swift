public import NIOCore
import NIOPosix
import NIOSSL
import ProxyCore

/// The upstream connections of one event loop. Loop-confined.
///
/// Idle connections are a stack per origin: the one used last is the one most likely alive, and the
/// bottom ages out.
public final class UpstreamPool {
  /// Counters since start, for metrics. Loop-confined.
  public struct Statistics: Sendable {
    /// Connections opened.
    public var opened: UInt64 = 0
    /// Connections that could not be opened.
    public var failed: UInt64 = 0
    /// Exchanges served by a connection that was idle.
    public var reused: UInt64 = 0
    /// Connections idle now.
    public var idle = 0
    /// Connections open now, idle ones included.
    public var open = 0

    /// All zero.
    public init() {}
  }

  /// Counters since start.
  public internal(set) var statistics = Statistics()
  /// What the connections of this loop, upstream and client's, send at the end of a turn.
  public let flushes: FlushQueue
  let eventLoop: any EventLoop
  private var idle: ContiguousArray<ContiguousArray<UpstreamConnection>> = []
  private var openBySlot: ContiguousArray<Int> = []
  private var isClosed = false

  /// Creates the pool of `eventLoop`.
  public init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    flushes = FlushQueue(eventLoop: eventLoop)
  }

  /// The idle connection of `target` used last, now taken, or nil.
  public func take(_ target: UpstreamTarget) -> UpstreamConnection? {
    eventLoop.assertInEventLoop()
    guard target.slot < idle.count else { return nil }
    while let connection = idle[target.slot].popLast() {
      statistics.idle -= 1
      if connection.isUsable {
        statistics.reused += 1
        return connection
      }
    }
    return nil
  }

  /// Opens a connection for `exchange`, which hears `upstreamConnected` or `upstreamFailed` later.
  public func connect(_ target: UpstreamTarget, for exchange: any UpstreamExchange) -> PendingConnect {
    let pending = PendingConnect(exchange)
    let bound = NIOLoopBound((pool: self, pending: pending), eventLoop: eventLoop)
    let bootstrap = ClientBootstrap(group: eventLoop)
      .connectTimeout(.nanoseconds(Int64(clamping: target.connectTimeout)))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.recvAllocator, value: ReceiveBuffer.allocator)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls = target.tls {
            let handler = try NIOSSLClientHandler(context: tls, serverHostname: target.serverName)
            try channel.pipeline.syncOperations.addHandler(handler)
          }
          let connection = UpstreamConnection(target: target, pool: bound.value.pool)
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
    bootstrap.connect(host: target.host, port: target.port).whenComplete { result in
      bound.value.pool.finishConnect(target, bound.value.pending, result)
    }
    return pending
  }

  private func countOpen(_ target: UpstreamTarget, _ change: Int) {
    statistics.open += change
    while openBySlot.count <= target.slot { openBySlot.append(0) }
    openBySlot[target.slot] += change
  }

  /// Connections to `target` that are open, and those of them that are idle.
  public func connections(to target: UpstreamTarget) -> (open: Int, idle: Int) {
    let slot = target.slot
    return (slot < openBySlot.count ? openBySlot[slot] : 0, slot < idle.count ? idle[slot].count : 0)
  }

  private func finishConnect(
    _ target: UpstreamTarget, _ pending: PendingConnect, _ result: Result<any Channel, any Error>
  ) {
    switch result {
    case .success(let channel):
      statistics.opened += 1
      countOpen(target, 1)
      guard let connection = try? channel.pipeline.syncOperations.handler(type: UpstreamConnection.self)
      else {
        // The peer closed between connect and now: the handler is gone with its pipeline.
        countOpen(target, -1)
        pending.takeExchange()?.upstreamFailed(.closedBeforeHead)
        return
      }
      connection.countsAsOpen = true
      if connection.target.isTLS {
        connection.awaitHandshake(pending)
      } else {
        ready(connection, pending)
      }
    case .failure(let error):
      statistics.failed += 1
      pending.takeExchange()?.upstreamFailed(Self.classify(error))
    }
  }

  /// A connection is ready for its first exchange.
  func ready(_ connection: UpstreamConnection, _ pending: PendingConnect) {
    if let exchange = pending.takeExchange() {
      exchange.upstreamConnected(connection)
    } else {
      release(connection)
    }
  }

  private static func classify(_ error: any Error) -> UpstreamError {
    if let error = error as? ChannelError, case .connectTimeout = error { return .connectTimeout }
    return .connect(String(describing: error))
  }

  /// Takes back a connection whose exchange is over and which can serve another.
  func release(_ connection: UpstreamConnection) {
    guard !isClosed, connection.isUsable else { return connection.close() }
    let slot = connection.target.slot
    while idle.count <= slot { idle.append([]) }
    if idle[slot].count >= connection.target.idleLimit { return connection.close() }
    connection.idleSince = Clocks.coarseNanoseconds()
    idle[slot].append(connection)
    statistics.idle += 1
  }

  /// Forgets a connection that closed.
  func forget(_ connection: UpstreamConnection) {
    countOpen(connection.target, -1)
    let slot = connection.target.slot
    guard slot < idle.count, let position = idle[slot].firstIndex(where: { $0 === connection })
    else { return }
    idle[slot].remove(at: position)
    statistics.idle -= 1
  }

  /// Closes what has been idle too long. Call it now and then (about once a second).
  public func expire(now: UInt64) {
    for slot in idle.indices {
      let old = Array(idle[slot].prefix { now &- $0.idleSince > $0.target.idleTimeout })
      guard !old.isEmpty else { continue }
      idle[slot].removeFirst(old.count)
      statistics.idle -= old.count
      for connection in old { connection.close() }
    }
  }

  /// Closes the idle connections and keeps none from now on.
  public func close() {
    isClosed = true
    let all = idle.flatMap { $0 }
    idle = []
    statistics.idle = 0
    for connection in all { connection.close() }
  }
}
