import ProxyWire
import Testing
import WireFuzz

/// Our codec beside swift-nio's decoder, on the same bytes.
@Suite struct DifferentialTests {
  #if DEBUG
    static let inputs = 10_000
  #else
    static let inputs = 80_000
  #endif

  /// What a run met, so that it can not pass by meeting nothing.
  private struct Tally {
    var accepted = 0
    var refused = 0
    var refusedByBoth = 0
    var messages = 0
    var bodies = 0

    mutating func count(_ ours: Transcript, _ theirs: NIOTranscript) {
      if case .refused = ours.end {
        refused += 1
        if theirs.isRefused { refusedByBoth += 1 }
      } else {
        accepted += 1
      }
      messages += ours.messages.count { $0.isComplete }
      bodies += ours.messages.count { $0.isComplete && !$0.body.isEmpty }
    }
  }

  @Test func `no request that swift-nio refuses is accepted, and none is framed differently`() {
    var generator = MessageGenerator(seed: 0x11a0)
    var tally = Tally()
    for _ in 0..<Self.inputs {
      let input = generator.requests()
      let ours = Replay.requests(input, cuts: generator.mutator.cuts(input.count))
      let theirs = NIOTranscript.requests(input, cuts: generator.mutator.cuts(input.count))
      tally.count(ours, theirs)
      if let difference = Comparison.difference(ours: ours, theirs: theirs) {
        report(difference, input, ours.end)
        return
      }
    }
    check(tally)
  }

  @Test func `no answer that swift-nio refuses is accepted, and none is framed differently`() {
    var generator = MessageGenerator(seed: 0x11a1)
    var tally = Tally()
    for _ in 0..<Self.inputs {
      let (input, methods) = generator.responses()
      let ours = Replay.responses(input, to: methods, cuts: generator.mutator.cuts(input.count))
      let theirs = NIOTranscript.responses(input, to: methods, cuts: generator.mutator.cuts(input.count))
      tally.count(ours, theirs)
      if let difference = Comparison.difference(ours: ours, theirs: theirs) {
        report(difference, input, ours.end)
        return
      }
    }
    check(tally)
  }

  private func report(_ difference: String, _ input: [UInt8], _ end: ReplayEnd) {
    Issue.record("\(difference) (\(end)): \(String(decoding: input, as: UTF8.self).debugDescription)")
  }

  private func check(_ tally: Tally) {
    print("differential: \(tally)")
    #expect(tally.accepted + tally.refused == Self.inputs)
    #expect(tally.accepted > Self.inputs / 4)
    #expect(tally.refusedByBoth > Self.inputs / 10)
    #expect(tally.messages > Self.inputs / 2)
    #expect(tally.bodies > Self.inputs / 8)
  }
}
