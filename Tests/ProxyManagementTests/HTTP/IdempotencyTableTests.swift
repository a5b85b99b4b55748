import Testing

@testable import ProxyManagement

@Suite struct IdempotencyTableTests {
  private let reply = Reply.text(201, "made")

  private func name(_ admission: IdempotencyTable.Admission) -> String {
    switch admission {
    case .proceed: "proceed"
    case .replay(let reply): "replay \(reply.status)"
    case .inProgress: "in progress"
    case .reused: "reused"
    }
  }

  @Test func aKeyRunsOnceAndIsThenReplayedUntilItExpires() {
    var table = IdempotencyTable()
    #expect(name(table.admit(key: "k", fingerprint: 1, at: 0)) == "proceed")
    #expect(name(table.admit(key: "k", fingerprint: 1, at: 1)) == "in progress")
    #expect(name(table.admit(key: "k", fingerprint: 2, at: 1)) == "reused")
    table.complete(key: "k", with: reply)
    #expect(name(table.admit(key: "k", fingerprint: 1, at: 2)) == "replay 201")
    #expect(name(table.admit(key: "k", fingerprint: 2, at: 2)) == "reused")
    #expect(name(table.admit(key: "k", fingerprint: 1, at: IdempotencyTable.lifetimeSeconds)) == "proceed")
  }

  @Test func aKeyWhoseRequestFailedRunsAgain() {
    var table = IdempotencyTable()
    _ = table.admit(key: "k", fingerprint: 1, at: 0)
    table.abandon(key: "k")
    #expect(name(table.admit(key: "k", fingerprint: 2, at: 0)) == "proceed")
  }

  @Test func memoryIsBoundedInNumberAndBytes() {
    var table = IdempotencyTable()
    for index in 0..<5000 {
      _ = table.admit(key: "k\(index)", fingerprint: 1, at: 0)
      table.complete(key: "k\(index)", with: reply)
    }
    #expect(table.count <= IdempotencyTable.entryLimit)
    #expect(name(table.admit(key: "k4999", fingerprint: 1, at: 0)) == "replay 201")
    let large = Reply(status: 201, body: .bytes([UInt8](repeating: 0, count: IdempotencyTable.byteLimit / 2)))
    for index in 0..<4 {
      _ = table.admit(key: "l\(index)", fingerprint: 1, at: 0)
      table.complete(key: "l\(index)", with: large)
    }
    #expect(table.count <= 2)
  }
}
