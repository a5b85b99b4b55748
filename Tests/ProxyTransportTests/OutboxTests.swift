import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import ProxyTransport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Owns the outbox of its channel.
private final class Sender: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  let outbox: Outbox

  init(_ eventLoop: any EventLoop) { outbox = Outbox(FlushQueue(eventLoop: eventLoop)) }

  func handlerAdded(context: ChannelHandlerContext) { outbox.open(context) }

  func channelActive(context: ChannelHandlerContext) { outbox.openSocket() }

  func channelInactive(context: ChannelHandlerContext) { outbox.close() }
}

/// Reads until `count` bytes are there or the peer is gone.
private func read(_ count: Int, from socket: CInt) -> [UInt8] {
  var received: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65_536)
  while received.count < count {
    let size = recv(socket, &piece, piece.count, 0)
    if size <= 0 { break }
    received += piece[..<size]
  }
  return received
}

@Suite struct OutboxTests {
  private static let (pieces, pieceBytes) = (200, 10_000)

  /// Far more than a socket's buffer takes: the first pieces go to the socket, one of them in part, the rest
  /// through the channel.
  @Test func aSlowReaderGetsEveryByteInOrder() async throws {
    var sockets: [CInt] = [-1, -1]
    try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &sockets) == 0)
    defer { close(sockets[1]) }
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Sender(channel.eventLoop))
        }
      }
      .withConnectedSocket(sockets[0]).get()
    try await channel.eventLoop.submit {
      let outbox = try channel.pipeline.syncOperations.handler(type: Sender.self).outbox
      for piece in 0..<Self.pieces {
        outbox.write(ByteBuffer(repeating: UInt8(piece), count: Self.pieceBytes))
        outbox.flushNow()
      }
    }.get()
    let received = read(Self.pieces * Self.pieceBytes, from: sockets[1])
    let sent = (0..<Self.pieces).flatMap { [UInt8](repeating: UInt8($0), count: Self.pieceBytes) }
    #expect(received == sent)
    try await channel.close().get()
  }

  @Test func aChannelWithoutASocketGetsThePiecesOfATurnAtItsEndInOne() throws {
    let channel = EmbeddedChannel()
    let sender = Sender(channel.eventLoop)
    try channel.pipeline.syncOperations.addHandler(sender)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    for text in ["first ", "second"] {
      sender.outbox.write(ByteBuffer(string: text))
      sender.outbox.flush()
    }
    #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    channel.embeddedEventLoop.run()
    #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "first second"))
  }

  @Test func nothingIsSentOnceItIsClosed() throws {
    let channel = EmbeddedChannel()
    let sender = Sender(channel.eventLoop)
    try channel.pipeline.syncOperations.addHandler(sender)
    sender.outbox.write(ByteBuffer(string: "too late"))
    sender.outbox.flush()
    sender.outbox.close()
    channel.embeddedEventLoop.run()
    #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
  }

  @Test func aBufferThatCameBackIsFilledAgain() {
    let queue = FlushQueue(eventLoop: EmbeddedEventLoop())
    var buffer = queue.buffer(capacity: 100)
    buffer.writeString("sent")
    let held = buffer
    queue.giveBack(buffer)
    buffer = queue.buffer(capacity: 100)
    #expect(buffer.readableBytes == 0)
    buffer.writeString("next")
    #expect(String(buffer: held) == "sent")
  }
}
