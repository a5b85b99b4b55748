import ProxyWire
import WireFuzz

/// Makes HTTP/1 messages: mostly sound ones, with just enough oddities that every rule is met from both
/// sides.
struct MessageGenerator {
  var mutator: Mutator

  init(seed: UInt64) { mutator = Mutator(seed: seed) }

  /// One to three pipelined requests; half of the inputs are mutated afterwards.
  mutating func requests() -> [UInt8] {
    var bytes = [UInt8]()
    for _ in 0...mutator.random.below(3) { bytes += request() }
    return mutator.random.oneIn(2) ? mutator.mutate(bytes, with: request()) : bytes
  }

  /// One to three answers, and the methods they answer.
  mutating func responses() -> (bytes: [UInt8], methods: [ProxyWire.Method]) {
    var bytes = [UInt8]()
    var methods = [ProxyWire.Method]()
    for _ in 0...mutator.random.below(3) {
      methods.append(mutator.random.oneIn(6) ? .head : .get)
      bytes += response(to: methods[methods.count - 1])
    }
    return (mutator.random.oneIn(2) ? mutator.mutate(bytes, with: bytes) : bytes, methods)
  }

  private static let sound = [
    "Accept: */*", "Accept-Encoding: gzip, deflate", "User-Agent: OpenAI/Python 1.99.0", "X-Empty:",
    "X-Space:   a  b \t",
    "Authorization: Bearer abc.def", "content-type: application/json", "Cookie: a=b; c=d",
    "X-Latin: caf\u{e9}",
    "Connection: keep-alive", "x-stainless-lang: python", "Expect: 100-continue", "!#$%&'*+-.^_`|~: odd name",
    "TE: trailers", "Forwarded: for=\"[::1]\"", "Keep-Alive: timeout=5", "Connection: x-hop", "Date: today",
  ]
  private static let odd = [
    "Connection: close", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: Chunked", "Transfer-Encoding: chunked, chunked", "Transfer-Encoding : chunked",
    "Transfer-Encoding:\u{0b}chunked", "Transfer-Encoding:", "Content-Length: 5", "Content-Length: +5",
    "Content-Length: 5, 5", "Content-Length: 0x5", "Content-Length: 05", "Content-Length: 5 ",
    "Content-Length: 5\t",
    "Content-Length:", "Content-Length: -1", "Content-Length: 18446744073709551616", "Content-Length: 5 5",
    "Content_Length: 5", "Host: other", "Host:", "Bad Name: x", " folded: x", "\tfolded", ": no name",
    "No-Colon",
    "X: a\u{0}b", "X: a\rb", "X: a\nb", "X: \u{7f}", "Upgrade: websocket", "Connection: Upgrade",
    "Connection: close, te",
    "Connection: keep-alive, close", "Proxy-Connection: keep-alive", "Trailer: X", "X\u{e9}: y",
    "Content-Length: 3",
  ]

  private mutating func request() -> [UInt8] {
    let method = mutator.random.pick(["GET", "POST", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
    let name =
      mutator.random.oneIn(40)
      ? mutator.random.pick(["get", "QUERY", "CONNECT", "G T", "", "TRACE"]) : method
    let target =
      mutator.random.oneIn(20)
      ? mutator.random.pick([
        "", "*", "a", "http://h/x", "//a", "/a b", "/a#b", "http://u@h/", "/%zz", "h:80", "/\u{e9}",
      ])
      : mutator.random.pick(["/", "/v1/chat/completions", "/v1/models?limit=2&a[]=b", "/a%20b/c", "/?q"])
    let version =
      mutator.random.oneIn(25)
      ? mutator.random.pick([
        "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1", "HTTP/1.1 ", "HTTP/11", "RTSP/1.0",
      ])
      : mutator.random.oneIn(10) ? "HTTP/1.0" : "HTTP/1.1"
    let lead = mutator.random.oneIn(30) ? "\r\n" : ""
    var lines = mutator.random.oneIn(30) ? [] : ["Host: a.example"]
    return Array("\(lead)\(name) \(target) \(version)\r\n".utf8) + rest(&lines, mayHaveBody: method != "GET")
  }

  private mutating func response(to method: ProxyWire.Method) -> [UInt8] {
    let status = mutator.random.pick([
      "200 OK", "200 OK", "200 OK", "200", "200 ", "204 No Content", "304 Not Modified", "100 Continue",
      "404 Not Found",
      "500 caf\u{e9}",
    ])
    let odd =
      mutator.random.oneIn(30)
      ? mutator.random.pick(["99 x", "600 x", "20 x", "2000 x", "101 x", "200\tOK"]) : status
    let version =
      mutator.random.oneIn(20)
      ? mutator.random.pick(["HTTP/1.0", "HTTP/2.0", "HTTP/1.10", "ICY"]) : "HTTP/1.1"
    var lines = [String]()
    let hasBody = method != .head && !["204", "304", "100"].contains { odd.hasPrefix($0) }
    return Array("\(version) \(odd)\r\n".utf8) + rest(&lines, mayHaveBody: hasBody)
  }

  /// Fields, the empty line, and a body that fits them more often than not.
  private mutating func rest(_ lines: inout [String], mayHaveBody: Bool) -> [UInt8] {
    for _ in 0..<mutator.random.below(5) { lines.append(mutator.random.pick(Self.sound)) }
    var body = [UInt8]()
    let kind = mutator.random.below(5)
    if mayHaveBody, kind < 2 {
      body = text(mutator.random.below(24))
      lines.append("Content-Length: \(body.count)")
    } else if mayHaveBody, kind < 4 {
      lines.append("Transfer-Encoding: chunked")
      body = chunks()
    } else if !lines.isEmpty, lines[0].hasPrefix("Host"), mutator.random.oneIn(3) {
      lines.append("Content-Length: 0")
    }
    if mutator.random.oneIn(4) { lines.append(mutator.random.pick(Self.odd)) }
    lines.shuffle(using: &mutator.random)
    return Array((lines.map { $0 + "\r\n" }.joined() + "\r\n").utf8) + body
  }

  private mutating func chunks() -> [UInt8] {
    var bytes = [UInt8]()
    for _ in 0..<mutator.random.below(4) {
      let payload = text(1 + mutator.random.below(20))
      let size = String(payload.count, radix: 16, uppercase: mutator.random.oneIn(2))
      let odd = [
        ";a", ";a=b", ";a=\"b;\\\"c\"", ";a=b;c", " ", ";", "; a", ";a =b", ";a=", "\t", "h", ";a=\"",
        ";\u{e9}",
      ]
      bytes += Array("\(mutator.random.oneIn(9) ? "00" : "")\(size)".utf8)
      if mutator.random.oneIn(8) { bytes += Array(mutator.random.pick(odd).utf8) }
      bytes += Array("\r\n".utf8) + payload + Array((mutator.random.oneIn(60) ? "\n" : "\r\n").utf8)
    }
    bytes += Array((mutator.random.oneIn(9) ? "000\r\n" : "0\r\n").utf8)
    let trailers = [
      "X-Sum: 1", "x:", "Content-Length: 4", "Transfer-Encoding: chunked", "Host: b", "a b: c", " fold",
      "Digest: a\u{e9}",
      "Connection: close", "x: \u{1}",
    ]
    while mutator.random.oneIn(5) { bytes += Array((mutator.random.pick(trailers) + "\r\n").utf8) }
    return bytes + Array("\r\n".utf8)
  }

  private mutating func text(_ count: Int) -> [UInt8] {
    let alphabet = Array("abc0123 {}\":,\r\n\0GET/".utf8)
    return (0..<count).map { _ in mutator.random.pick(alphabet) }
  }
}
