import Hummingbird
import Synchronization
import Testing

@testable import ProxyManagement

@Suite struct BodyPumpTests {
  @Test func piecesArriveInOrderAndAreMadeOnlyWhenAskedFor() async {
    let made = Mutex(0)
    let body = ResponseBody { writer in
      for index in 0..<100 {
        made.withLock { $0 += 1 }
        try await writer.write(ByteBuffer(string: "\(index),"))
      }
      try await writer.finish(nil)
    }
    var text = ""
    var most = 0
    var taken = 0
    for await piece in BodyPump.stream(of: body, onFailure: { _ in }) {
      taken += 1
      most = max(most, made.withLock { $0 } - taken)
      text += String(decoding: piece, as: UTF8.self)
    }
    #expect(text == (0..<100).map { "\($0)," }.joined())
    #expect(most <= 2, "the writer ran ahead of the reader by \(most) pieces")
  }

  @Test func droppingTheStreamEndsTheWriter() async {
    let (ended, end) = AsyncStream<Bool>.makeStream()
    let body = ResponseBody { writer in
      do {
        while true { try await writer.write(ByteBuffer(string: "x")) }
      } catch {
        end.yield(error is CancellationError)
        throw error
      }
    }
    do {
      var iterator = BodyPump.stream(of: body, onFailure: { _ in }).makeAsyncIterator()
      #expect(await iterator.next() != nil)
    }
    var outcome = ended.makeAsyncIterator()
    #expect(await outcome.next() == true)
  }

  @Test func cancellingTheReaderEndsTheWriter() async {
    let (ended, end) = AsyncStream<Void>.makeStream()
    let (started, start) = AsyncStream<Void>.makeStream()
    let body = ResponseBody { writer in
      defer { end.yield() }
      try await writer.write(ByteBuffer(string: "x"))
      start.yield()
      try await Task.sleep(for: .seconds(3600))
    }
    let reader = Task { for await _ in BodyPump.stream(of: body, onFailure: { _ in }) {} }
    var iterator = started.makeAsyncIterator()
    await iterator.next()
    reader.cancel()
    var outcome = ended.makeAsyncIterator()
    await outcome.next()
    await reader.value
  }

  @Test func aFailureEndsTheStreamAndIsReported() async {
    struct Broken: Error {}
    let reported = Mutex(0)
    let body = ResponseBody { writer in
      try await writer.write(ByteBuffer(string: "half"))
      throw Broken()
    }
    var pieces = 0
    for await _ in BodyPump.stream(of: body, onFailure: { _ in reported.withLock { $0 += 1 } }) {
      pieces += 1
    }
    #expect(pieces == 1)
    #expect(reported.withLock { $0 } == 1)
  }
}
