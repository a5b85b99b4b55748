import Testing
import WireFuzz

/// The fuzz target in its bounded form, so that CI runs it.
@Suite struct FuzzTests {
  #if DEBUG
    static let inputs = 10_000
  #else
    static let inputs = 200_000
  #endif

  @Test func `no mutation of the corpus breaks an invariant of the codec`() {
    // Long inputs only slow it down: the limits they are there for are tested by the corpus as it is.
    let corpus = Corpus.cases.map(\.bytes).filter { $0.count < 700 }
    let outcome = FuzzRun(corpus: corpus).run(inputs: Self.inputs, seed: 0xf0cc)
    #expect(outcome.inputs == Self.inputs)
    if let failure = outcome.failure {
      Issue.record("\(failure.violation): \(String(decoding: failure.input, as: UTF8.self).debugDescription)")
    }
  }

  @Test func `the fuzz target accepts the corpus and an empty input`() {
    for file in Corpus.cases {
      #expect(WireInvariants.violation(file.bytes, seed: 1) == nil, "\(file.name)")
    }
    #expect(WireInvariants.violation([], seed: 1) == nil)
  }

  @Test func `the same seed gives the same mutations`() {
    var one = Mutator(seed: 5)
    var two = Mutator(seed: 5)
    let input = Array("GET / HTTP/1.1\r\n".utf8)
    for _ in 0..<100 { #expect(one.mutate(input) == two.mutate(input)) }
  }
}
