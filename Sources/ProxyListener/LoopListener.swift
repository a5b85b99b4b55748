public import NIOCore
public import ProxyCore
public import ProxyPipeline
import ProxyWire
import Synchronization

/// The client connections of one event loop. Loop-confined.
public final class LoopListener {
  /// What the exchanges of this loop share.
  public let loop: LoopContext
  let control: any ControlPlane
  let limits: MessageLimits
  let isTLS: Bool
  private let mostConnections: Int
  /// Of all loops. Relaxed: a bound, nothing is published through it.
  private static let openConnections = Atomic<Int>(0)
  private let timeouts: ClientTimeouts
  private var connections: [ClientConnection] = []
  private var ticking: RepeatedTask?
  private(set) var isDraining = false
  private var whenEmpty: EventLoopPromise<Void>?

  /// Creates the listener of `loop`; call on that loop.
  public init(
    loop: LoopContext, control: any ControlPlane, limits: ListenerLimits, timeouts: ClientTimeouts,
    isTLS: Bool
  ) {
    self.loop = loop
    self.control = control
    self.limits = MessageLimits(headBytes: limits.headBytes, fields: min(limits.fields, 128))
    mostConnections = limits.connections ?? .max
    self.timeouts = timeouts
    self.isTLS = isTLS
  }

  /// Client connections open on this loop.
  public var connectionCount: Int { connections.count }

  /// Adds the handler of a new connection to its pipeline.
  public func accept(_ channel: any Channel) throws {
    try channel.pipeline.syncOperations.addHandler(ClientConnection(self))
  }

  func add(_ connection: ClientConnection) {
    connection.position = connections.count
    connections.append(connection)
    loop.figures.connectionsAccepted += 1
    loop.figures.connectionsOpen += 1
    if ticking == nil { startTicking() }
    let open = Self.openConnections.add(1, ordering: .relaxed).newValue
    if isDraining || open > mostConnections { connection.close() }
  }

  func remove(_ connection: ClientConnection) {
    let position = connection.position
    guard position < connections.count, connections[position] === connection else { return }
    connections.swapAt(position, connections.count - 1)
    connections[position].position = position
    connections.removeLast()
    Self.openConnections.subtract(1, ordering: .relaxed)
    loop.figures.connectionsOpen -= 1
    if connections.isEmpty, let whenEmpty {
      self.whenEmpty = nil
      whenEmpty.succeed()
    }
  }

  private func startTicking() {
    let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
    ticking = loop.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
      bound.value.tick()
    }
  }

  private func tick() {
    let now = Clocks.monotonicNanoseconds()
    for connection in connections.reversed() { connection.tick(now, timeouts) }
    if connections.isEmpty {
      ticking?.cancel()
      ticking = nil
    }
  }

  /// No new requests; connections close as they become idle. The future completes when the last one is gone.
  public func drain() -> EventLoopFuture<Void> {
    isDraining = true
    if connections.isEmpty { return loop.eventLoop.makeSucceededVoidFuture() }
    let promise = whenEmpty ?? loop.eventLoop.makePromise(of: Void.self)
    whenEmpty = promise
    for connection in connections.reversed() { connection.closeIfIdle() }
    return promise.futureResult
  }

  /// Cuts every connection that is left.
  public func closeAll() {
    for connection in connections.reversed() { connection.close() }
  }
}

/// Bounds of what clients may send in a head.
public struct ListenerLimits: Sendable {
  /// Bytes of request line and fields.
  public var headBytes: Int
  /// Number of fields, at most 128.
  public var fields: Int
  /// Client connections of the whole process; nil for any number.
  public var connections: Int?

  /// Creates limits.
  public init(headBytes: Int, fields: Int, connections: Int? = nil) {
    self.headBytes = headBytes
    self.fields = fields
    self.connections = connections
  }
}

/// How long clients are waited for, in nanoseconds. None of them cuts a live stream.
public struct ClientTimeouts: Sendable {
  /// From the first byte of a head to its end.
  public var head: UInt64
  /// Between two reads of a body.
  public var bodyIdle: UInt64
  /// Between requests.
  public var keepAliveIdle: UInt64
  /// A client that takes nothing of what waits for it.
  public var writeIdle: UInt64

  /// Creates timeouts.
  public init(head: UInt64, bodyIdle: UInt64, keepAliveIdle: UInt64, writeIdle: UInt64) {
    self.head = head
    self.bodyIdle = bodyIdle
    self.keepAliveIdle = keepAliveIdle
    self.writeIdle = writeIdle
  }
}
