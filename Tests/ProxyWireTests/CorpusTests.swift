import ProxyWire
import Testing
import WireFuzz

/// Malformed and smuggling inputs, one a file, with what must become of them.
@Suite struct CorpusTests {
  @Test func `the corpus is there and names only errors that exist`() {
    #expect(Corpus.cases.count >= 200)
    let known = Set(WireError.allCases.map { "\($0)" })
    for file in Corpus.cases where !file.expectation.hasPrefix("accepted-") {
      #expect(known.contains(String(file.expectation)), "\(file.name)")
    }
  }

  @Test func `every refusal of HTTP is produced by a file of the corpus`() {
    let produced = Set(Corpus.cases.map { String($0.expectation) })
    // What only a caller's mistake or an event stream produces is tested elsewhere.
    let elsewhere: Set<WireError> = [.incompleteHead, .eventTooLarge]
    for error in WireError.allCases where !elsewhere.contains(error) {
      #expect(produced.contains("\(error)"), "no file produces \(error)")
    }
  }

  @Test(arguments: Corpus.cases)
  func `a file of the corpus has the outcome in its name, wherever it is cut`(file: CorpusCase) {
    let whole = outcome(file, cuts: [])
    #expect(whole.0 == file.expectation)
    #expect(whole.1.violation == nil)
    for cut in splitPoints(file.bytes.count) {
      let pieces = outcome(file, cuts: [cut])
      #expect(pieces.1 == whole.1, "cut at \(cut)")
    }
    // The big ones would be read once a byte for each of their bytes.
    guard file.bytes.count < 3_000 else { return }
    #expect(outcome(file, cuts: Array(1..<max(1, file.bytes.count))).1 == whole.1, "byte by byte")
  }

  @Test func `what swift-nio refuses in the corpus is refused here too`() {
    for file in Corpus.cases {
      let ours = outcome(file, cuts: []).1
      let theirs =
        file.isResponse
        ? NIOTranscript.responses(file.bytes, to: [.get], cuts: [])
        : NIOTranscript.requests(file.bytes, cuts: [])
      #expect(Comparison.difference(ours: ours, theirs: theirs) == nil, "\(file.name)")
    }
  }

  private func splitPoints(_ count: Int) -> [Int] {
    count < 3_000 ? Array(1..<max(1, count)) : Array(stride(from: 1, to: count, by: 997)) + [count - 1]
  }

  private func outcome(_ file: CorpusCase, cuts: [Int]) -> (String, Transcript) {
    let transcript =
      file.isResponse ? Replay.responses(file.bytes, cuts: cuts) : Replay.requests(file.bytes, cuts: cuts)
    switch transcript.end {
    case .refused(let error): return ("\(error)", transcript)
    case .inHead, .inBody: return ("unfinished", transcript)
    case .betweenMessages, .closed:
      return ("accepted-\(transcript.messages.count { $0.isComplete })", transcript)
    }
  }
}
