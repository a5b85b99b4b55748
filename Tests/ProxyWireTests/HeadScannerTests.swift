import ProxyWire
import Testing

@Suite struct HeadScannerTests {
  @Test func `the end of a head is found at every split point`() {
    let message = head("POST /v1 HTTP/1.1", "Host: a", "Content-Length: 4")
    withBytes(message + "body") { bytes in
      for cut in 0...message.utf8.count {
        var scanner = HeadScanner()
        let first = scanner.scan(UnsafeRawBufferPointer(rebasing: bytes[..<cut]))
        #expect(first == (cut == message.utf8.count ? .complete(length: cut) : .incomplete))
        if cut < message.utf8.count { #expect(scanner.scan(bytes) == .complete(length: message.utf8.count)) }
      }
    }
  }

  @Test func `empty lines before a request belong to its head`() {
    withBytes("\r\n\r\n" + head("GET / HTTP/1.1")) { bytes in
      var scanner = HeadScanner()
      #expect(scanner.scan(bytes) == .complete(length: bytes.count))
    }
  }

  @Test func `an answer does not start with an empty line`() {
    withBytes("\r\nHTTP/1.1 200 OK\r\n\r\n") { bytes in
      var scanner = HeadScanner(skipsEmptyLines: false)
      #expect(scanner.scan(bytes) == .refused(.malformedStatusLine))
    }
  }

  @Test func `a line feed without carriage return is refused before the head ends`() {
    withBytes("GET / HTTP/1.1\n") { bytes in
      var scanner = HeadScanner()
      #expect(scanner.scan(bytes) == .refused(.bareLineFeed))
    }
  }

  @Test func `a NUL byte is refused before the head ends`() {
    withBytes("GET /\0") { bytes in
      var scanner = HeadScanner()
      #expect(scanner.scan(bytes) == .refused(.nulByte))
    }
  }

  @Test func `a head of exactly the limit is accepted, one byte more is not`() {
    let message = head("GET / HTTP/1.1", "Host: a")
    withBytes(message) { bytes in
      var exact = HeadScanner(limits: MessageLimits(headBytes: bytes.count))
      #expect(exact.scan(bytes) == .complete(length: bytes.count))
      var small = HeadScanner(limits: MessageLimits(headBytes: bytes.count - 1))
      #expect(small.scan(bytes) == .refused(.headTooLarge))
    }
  }

  @Test func `a first line over the limit is refused as such`() {
    withBytes("GET /" + String(repeating: "a", count: 100)) { bytes in
      var scanner = HeadScanner(limits: MessageLimits(headBytes: 64))
      #expect(scanner.scan(bytes) == .refused(.targetTooLong))
    }
  }

  @Test func `a reset scanner starts over`() {
    var scanner = HeadScanner()
    withBytes("GET / HTTP/1.1\r\nHo") { #expect(scanner.scan($0) == .incomplete) }
    scanner.reset()
    withBytes(head("GET / HTTP/1.1")) { #expect(scanner.scan($0) == .complete(length: $0.count)) }
  }
}
