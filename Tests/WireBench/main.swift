// Counts instructions: one operation of the codec, so many times, under `valgrind --tool=callgrind`. Two runs
// with different counts cancel what starting the process costs:
//
//   valgrind --tool=callgrind --callgrind-out-file=/dev/null .build/release/WireBench request-head 1000
//   valgrind --tool=callgrind --callgrind-out-file=/dev/null .build/release/WireBench request-head 2000
import ProxyWire

/// What is read. Typical sizes: what the official Python SDK sends and what OpenAI answers.
enum Sample {
  static let requestHead = Array(
    """
    POST /v1/chat/completions HTTP/1.1\r
    Host: localhost:8080\r
    Accept-Encoding: gzip, deflate\r
    Connection: keep-alive\r
    Accept: application/json\r
    Content-Type: application/json\r
    User-Agent: OpenAI/Python 1.99.0\r
    X-Stainless-Lang: python\r
    X-Stainless-OS: Linux\r
    X-Stainless-Runtime-Version: 3.12.3\r
    Authorization: Bearer sk-0123456789abcdef0123456789abcdef0123456789abcdef\r
    X-Request-ID: 0198a6b2-7a01-7c3e-9d52-0c6b7f1f2a3b\r
    Content-Length: 1024\r
    \r

    """.utf8)

  static let responseHead = Array(
    """
    HTTP/1.1 200 OK\r
    Date: Mon, 04 Aug 2025 12:00:00 GMT\r
    Content-Type: text/event-stream; charset=utf-8\r
    Transfer-Encoding: chunked\r
    Connection: keep-alive\r
    openai-organization: example-org\r
    openai-processing-ms: 412\r
    openai-version: 2020-10-01\r
    x-ratelimit-limit-requests: 10000\r
    x-ratelimit-remaining-requests: 9999\r
    x-request-id: req_0123456789abcdef0123456789abcdef\r
    Server: cloudflare\r
    \r

    """.utf8)

  static let event = Array(
    (#"data: {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","#
      + #""created":1741569952,"model":"gpt-4.1-2025-04-14","system_fingerprint":"fp_44709d6fcb","#
      + #""choices":[{"index":0,"delta":{"content":" Hello"},"logprobs":null,"finish_reason":null}]}"#
      + "\n\n").utf8)

  static let chunk = Array((String(event.count, radix: 16) + "\r\n").utf8) + event + Array("\r\n".utf8)

  static let body = Array(
    (#"{"model":"gpt-4o","messages":[{"role":"system","content":"You are a helpful assistant."},"#
      + #"{"role":"user","content":""# + String(repeating: "What is the capital of France?\\n ", count: 24)
      + #""}],"temperature":0.7,"max_tokens":256,"stream":true,"stream_options":{"include_usage":true}}"#)
      .utf8)
}

let operation = CommandLine.arguments.dropFirst().first ?? ""
let times = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 1

/// Something of every result, so that nothing is optimised away.
var checksum = 0

switch operation {
case "request-scan":
  Sample.requestHead.withUnsafeBytes { bytes in
    var scanner = HeadScanner()
    for _ in 0..<times {
      scanner.reset()
      if case .complete(let length) = scanner.scan(bytes) { checksum &+= length }
    }
  }
case "request-head":
  Sample.requestHead.withUnsafeBytes { bytes in
    var head = RequestHead()
    for _ in 0..<times {
      try? head.parse(bytes)
      checksum &+= head.pathRange.count
    }
  }
case "response-head":
  Sample.responseHead.withUnsafeBytes { bytes in
    var head = ResponseHead()
    for _ in 0..<times {
      try? head.parse(bytes, requestMethod: .post)
      checksum &+= Int(head.status)
    }
  }
case "sse-event":
  Sample.event.withUnsafeBytes { bytes in
    var splitter = SSESplitter()
    for _ in 0..<times { try? splitter.feed(bytes) { checksum &+= $0.data.count } }
  }
case "chunk":
  Sample.chunk.withUnsafeBytes { bytes in
    var decoder = ChunkedDecoder()
    var spans = ContiguousArray<Range<Int>>()
    for _ in 0..<times {
      spans.removeAll(keepingCapacity: true)
      _ = try? decoder.consume(bytes, payload: &spans)
      checksum &+= spans[0].count
    }
  }
case "json-index":
  Sample.body.withUnsafeBytes { bytes in
    var index = JSONMembers()
    for _ in 0..<times {
      try? index.index(bytes)
      checksum &+= index.members.count
    }
  }
case "json-scan":
  Sample.body.withUnsafeBytes { bytes in
    var scanner = JSONMemberScanner(wanted: [Array("model".utf8), Array("usage".utf8)])
    for _ in 0..<times {
      scanner.reset()
      scanner.feed(bytes)
      checksum &+= scanner.value(0)?.count ?? 0
    }
  }
default:
  print("usage: WireBench <operation> <times>; the operations are the cases above")
}
print("\(operation) x\(times): \(checksum)")
