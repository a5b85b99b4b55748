/// Server-sent events cut by the letter of the WHATWG algorithm, slowly, from the whole stream at once.
/// Exists to be compared with.
public struct ReferenceSSE: Sendable {
  /// An event with data.
  public struct Event: Equatable, Sendable {
    /// The value of the last `event` line.
    public var event: [UInt8] = []
    /// The values of the `data` lines, joined by LF.
    public var data: [UInt8] = []
    /// The value of the last `id` line.
    public var id: [UInt8] = []

    /// Makes an event.
    public init(event: [UInt8] = [], data: [UInt8] = [], id: [UInt8] = []) {
      self.event = event
      self.data = data
      self.id = id
    }
  }

  /// All events that have data; a last one without its empty line included when asked for.
  public static func events(_ stream: [UInt8], atEnd: Bool) -> [Event] {
    var events = [Event]()
    var current = Event()
    var dataLines = 0
    let lines = self.lines(stream)
    for (line, isTerminated) in lines where isTerminated || atEnd {
      if line.isEmpty {
        if dataLines > 0 { events.append(current) }
        current = Event()
        dataLines = 0
        continue
      }
      let colon = line.firstIndex(of: 0x3a) ?? line.count
      var value = line.dropFirst(colon + 1)
      if value.first == 0x20 { value = value.dropFirst() }
      let name = line[..<colon]
      if name.elementsEqual("data".utf8) {
        if dataLines > 0 { current.data.append(0x0a) }
        current.data.append(contentsOf: value)
        dataLines += 1
      } else if name.elementsEqual("event".utf8) {
        current.event = Array(value)
      } else if name.elementsEqual("id".utf8), !value.contains(0) {
        current.id = Array(value)
      }
    }
    if atEnd, dataLines > 0 { events.append(current) }
    return events
  }

  /// The lines, without a byte order mark, and whether each had a line end. An empty rest is no line.
  private static func lines(_ stream: [UInt8]) -> [([UInt8], Bool)] {
    var lines = [([UInt8], Bool)]()
    var line = [UInt8]()
    var index = stream.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    while index < stream.count {
      let byte = stream[index]
      index += 1
      if byte == 0x0d || byte == 0x0a {
        if byte == 0x0d, index < stream.count, stream[index] == 0x0a { index += 1 }
        lines.append((line, true))
        line = []
      } else {
        line.append(byte)
      }
    }
    if !line.isEmpty { lines.append((line, false)) }
    return lines
  }
}
