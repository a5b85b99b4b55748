import ProxyWire
import Testing
import WireFuzz

@Suite struct SSESplitterTests {
  private typealias Event = ReferenceSSE.Event

  /// The events of a stream fed in pieces cut at these offsets, without the one at its end.
  private func events(_ stream: [UInt8], cuts: [Int] = [], finishes: Bool = false) throws -> [Event] {
    var found = [Event]()
    let take = { (event: SSEEvent) in
      found.append(Event(event: Array(event.event), data: Array(event.data), id: Array(event.id)))
    }
    var splitter = SSESplitter()
    var start = 0
    for end in cuts + [stream.count] {
      try Array(stream[start..<end]).withUnsafeBytes { try splitter.feed($0, take) }
      start = end
    }
    if finishes { splitter.finish(take) }
    return found
  }

  private func event(_ data: String, event: String = "", id: String = "") -> Event {
    Event(event: Array(event.utf8), data: Array(data.utf8), id: Array(id.utf8))
  }

  private static let streams: [(String, [(event: String, data: String, id: String)])] = [
    ("data: a\n\ndata: b\n\n", [("", "a", ""), ("", "b", "")]),
    ("data: a\r\n\r\ndata: b\r\n\r\n", [("", "a", ""), ("", "b", "")]),
    ("data: a\r\rdata: b\r\r", [("", "a", ""), ("", "b", "")]),
    ("data: a\r\n\ndata: b\n\r\n", [("", "a", ""), ("", "b", "")]),
    ("data: a\r\n\rdata: b\r\r\n", [("", "a", ""), ("", "b", "")]),
    ("\u{FEFF}data: a\n\n", [("", "a", "")]),
    ("\u{FEFF}\u{FEFF}data: a\n\ndata: b\n\n", [("", "b", "")]),
    (": comment\n\n: another\ndata: a\n: third\n\n", [("", "a", "")]),
    ("data: one\ndata: two\ndata:\ndata:  three\n\n", [("", "one\ntwo\n\n three", "")]),
    ("data\n\ndata:\n\ndata\ndata\n\n", [("", "", ""), ("", "", ""), ("", "\n", "")]),
    ("event: delta\ndata: {}\nid: 7\n\ndata: x\n\n", [("delta", "{}", "7"), ("", "x", "")]),
    ("id: a\0b\ndata: x\n\n", [("", "x", "")]),
    ("event: lonely\n\nretry: 10\n\n\n\ndata: x\n\n", [("", "x", "")]),
    ("Data: no\ndat: no\ndatas: no\n data: no\ndata : no\ndata: yes\n\n", [("", "yes", "")]),
    ("data:a:b\ndata: c: d\n\n", [("", "a:b\nc: d", "")]),
    ("event: one\nevent: two\ndata: x\n\n", [("two", "x", "")]),
    ("data: [DONE]\n\n", [("", "[DONE]", "")]),
    ("data: caf\u{e9} \u{1F600}\n\n", [("", "caf\u{e9} \u{1F600}", "")]),
    ("data: unfinished\n", []),
    ("", []),
  ]

  @Test(arguments: streams.indices)
  func `events are the same whatever the line ends and wherever the stream is cut`(index: Int) throws {
    let (stream, expected) = Self.streams[index]
    let wanted = expected.map { event($0.data, event: $0.event, id: $0.id) }
    let bytes = Array(stream.utf8)
    #expect(try events(bytes) == wanted)
    for first in 0...bytes.count {
      for second in first...bytes.count { #expect(try events(bytes, cuts: [first, second]) == wanted) }
    }
    #expect(try events(bytes, cuts: Array(0...bytes.count)) == wanted)
  }

  @Test func `a carriage return that ended an event in these bytes takes no line feed from the next`() throws
  {
    // Found by the fuzz run: the LF of the second cut was taken for the other half of a CR LF.
    let stream = Array("data:a\r\rdata\n\ndata:b\n\n".utf8)
    for first in 0...stream.count {
      for second in first...stream.count {
        for third in second...stream.count {
          let found = try events(stream, cuts: [first, second, third])
          #expect(found == [event("a"), event(""), event("b")])
        }
      }
    }
  }

  @Test func `a stream that ends in an event hands it out when it finishes`() throws {
    for stream in ["data: a", "data: a\n", "data: a\r", "data: a\r\n"] {
      let bytes = Array(stream.utf8)
      for cut in 0...bytes.count {
        #expect(try events(bytes, cuts: [cut], finishes: true) == [event("a")])
        #expect(try events(bytes, cuts: [cut]) == [])
      }
    }
    #expect(try events(Array("event: a\n".utf8), finishes: true) == [])
  }

  @Test func `an event that lies whole in the bytes is not copied`() throws {
    let stream = ": keep-alive\n\ndata: a\n\nevent: e\r\ndata: bc\r\n\r\n"
    try withBytes(stream) { bytes in
      var splitter = SSESplitter()
      var raws = [String?]()
      try splitter.feed(bytes) { event in
        raws.append(text(bytes, event.rawRange))
        #expect(event.isTerminated && event.hasData)
        if let base = bytes.baseAddress, let start = event.data.baseAddress {
          #expect(start >= base && start + event.data.count <= base + bytes.count)
        }
      }
      #expect(raws == ["data: a\n\n", "event: e\r\ndata: bc\r\n\r\n"])
      #expect(!splitter.isMidEvent)
    }
  }

  @Test func `with blocks that have no data, the raw bytes put together are the stream`() throws {
    let stream = Array(": one\n\ndata: a\ndata: b\n\n\n: two\r\n\r\nretry: 5\n\ndata: c\n\n".utf8)
    for first in 0...stream.count {
      for second in first...stream.count where stream[..<second].last != 0x0d {
        var joined = [UInt8]()
        var splitter = SSESplitter(reportsDataless: true)
        for piece in [stream[..<first], stream[first..<second], stream[second...]]
        where stream[..<first].last != 0x0d {
          try Array(piece).withUnsafeBytes { try splitter.feed($0) { joined += $0.raw } }
        }
        if stream[..<first].last != 0x0d { #expect(joined == stream) }
      }
    }
  }

  @Test func `the end mark of OpenAI streams is recognised`() throws {
    try withBytes("data: [DONE]\n\ndata: [DONE] \n\ndata:[DONE]\n\n") { bytes in
      var marks = [Bool]()
      var splitter = SSESplitter()
      try splitter.feed(bytes) { marks.append($0.isDone) }
      #expect(marks == [true, false, true])
    }
  }

  @Test func `an event over the limit is refused however it comes`() {
    let stream = Array("data: 0123456789\n\n".utf8)
    for cut in 0...stream.count {
      for (limit, isAccepted) in [(stream.count, true), (stream.count - 1, false)] {
        var splitter = SSESplitter(limitBytes: limit)
        let accepts: () throws -> Void = {
          try Array(stream[..<cut]).withUnsafeBytes { try splitter.feed($0) { _ in } }
          try Array(stream[cut...]).withUnsafeBytes { try splitter.feed($0) { _ in } }
        }
        #expect(((try? accepts()) != nil) == isAccepted, "cut at \(cut), limit \(limit)")
      }
    }
  }

  @Test func `many small events after a refused limit work again once reset`() throws {
    var splitter = SSESplitter(limitBytes: 16)
    _ = withBytes("data: far too long for this one\n\n") { bytes in
      #expect(throws: WireError.eventTooLarge) { try splitter.feed(bytes) { _ in } }
    }
    splitter.reset()
    var count = 0
    try withBytes(String(repeating: "data: x\n\n", count: 50)) { try splitter.feed($0) { _ in count += 1 } }
    #expect(count == 50)
  }

  @Test func `random streams give the events of the specification at random cuts`() throws {
    var mutator = Mutator(seed: 0x55e)
    let parts = [
      "data: x", "data", "data:", "data:  y", "event: e", "event", "id: 4", "id", ": c", "retry: 3", "\n",
      "\r", "\r\n",
      "\n\n", "\r\n\r\n", "\r\r", "\u{FEFF}", "z", ":", " ",
    ].map { Array($0.utf8) }
    for _ in 0..<5_000 {
      let stream = (0..<mutator.random.below(30)).flatMap { _ in mutator.random.pick(parts) }
      let expected = ReferenceSSE.events(stream, atEnd: true)
      #expect(try events(stream, cuts: mutator.cuts(stream.count), finishes: true) == expected)
    }
  }
}
