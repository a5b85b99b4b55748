/// A bounded, repeatable run of the fuzz target without libFuzzer: mutations of a corpus, and mutations of
/// those.
public struct FuzzRun: Sendable {
  /// What a run found.
  public struct Outcome: Sendable {
    /// Inputs tried.
    public var inputs = 0
    /// The first broken promise with the input that breaks it, or nil.
    public var failure: (violation: String, input: [UInt8])?
  }

  private let seeds: [[UInt8]]

  /// - Parameter corpus: inputs to start from; some that reach every parser are added.
  public init(corpus: [[UInt8]]) { seeds = corpus + Self.builtIn }

  /// Tries so many inputs, and stops at the first failure.
  public func run(inputs: Int, seed: UInt64) -> Outcome {
    var outcome = Outcome()
    var mutator = Mutator(seed: seed)
    var pool = seeds
    while outcome.inputs < inputs {
      let parent = mutator.random.pick(pool)
      let input = mutator.mutate(parent, with: mutator.random.pick(seeds))
      outcome.inputs += 1
      if let violation = WireInvariants.violation(input, seed: mutator.random.next()) {
        outcome.failure = (violation, input)
        return outcome
      }
      // Some mutants become parents; the seeds stay, so that inputs do not drift into noise.
      if mutator.random.oneIn(20), input.count < 700 {
        if pool.count < seeds.count * 2 {
          pool.append(input)
        } else {
          pool[seeds.count + mutator.random.below(seeds.count)] = input
        }
      }
    }
    return outcome
  }

  private static let builtIn: [[UInt8]] = [
    "POST /v1/chat/completions?a=b HTTP/1.1\r\nHost: a.example:80\r\nContent-Length: 3\r\n"
      + "Connection: keep-alive\r\n\r\n{}\n",
    "POST /v1 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
      + "3\r\nabc\r\n1;x=\"y\"\r\nz\r\n0\r\nx: y\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
      + "5\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"
      + "HTTP/1.0 304 Not Modified\r\n\r\n",
    "a\r\n0123456789\r\n0a;name=value;flag\r\n0123456789\r\n0\r\nTrailer-One: yes\r\n\r\n",
    "\u{FEFF}: hello\r\n\r\nevent: a\ndata: one\ndata: two\nid: 7\n\ndata:[DONE]\r\rdata\n\n",
    "data: {\"id\":\"x\",\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\ndata: [DONE]\n\n",
    "{\"model\":\"gpt-4o\",\"usage\":{\"total_tokens\":12,\"d\":[1,2.5e-3,true,false,null]},"
      + "\"a\":\"\\u00e9\\n\",\"\\u0061\":[{}]}",
    "[[[]],{\"a\":{\"b\":[1,-0,0.5,1E+2]}},\"\\ud83d\\ude00\"]",
  ].map { Array($0.utf8) }
}
