import ProxyCore

/// Walks through a list of the server page by page, so that its length costs no memory.
///
/// Pages are asked for by key (`limit`, `after`). Lists of a server that knows only numbered pages
/// (`page`, `page_size`, an object with `events` and `pagination`) are walked too.
struct ListReader {
  /// Elements asked for at a time.
  static let pageSize: Int64 = 500

  private let client: ManagementClient
  private let path: String
  private let query: [(String, String)]
  private var wanted: Int64?
  private var after: String?
  private var page = 1
  private var isEnded = false

  /// Reads the list at `path` that `query` narrows; at most `limit` elements.
  init(_ client: ManagementClient, _ path: String, query: [(String, String)] = [], limit: Int64? = nil) {
    self.client = client
    self.path = path
    self.query = query
    wanted = limit
  }

  /// The next elements; `nil` after the last.
  mutating func next() throws(CommandFailure) -> [JSONValue]? {
    if isEnded || wanted == 0 { return nil }
    let size = min(Self.pageSize, wanted ?? Self.pageSize)
    var fields = query + [("limit", "\(size)")]
    if let after { fields.append(("after", after)) }
    if page > 1 { fields.append(("page", "\(page)")) }
    let answer = try client.call("GET", path, query: fields)
    var elements: [JSONValue]
    if let keyed = answer.document.elements {
      elements = keyed
      after = answer.header("x-next-after")
      isEnded = after == nil
    } else if let numbered = answer.document["events"]?.elements {
      elements = numbered
      isEnded = answer.document.value(at: "pagination.has_next") != .bool(true)
      page += 1
    } else {
      throw CommandFailure(
        .failure, "\(client.server) did not answer with a list; is this the address of llm-proxy?")
    }
    if let left = wanted {
      elements = Array(elements.prefix(Int(left)))
      wanted = left - Int64(elements.count)
    }
    return elements
  }

  /// Prints the whole list.
  mutating func print(_ printer: ListPrinter, empty note: String) throws(CommandFailure) {
    while let elements = try next() { try printer.add(elements) }
    try printer.end(empty: note)
  }
}

extension JSONValue {
  /// An object of the members that are given.
  static func members(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    .object(members.compactMap { name, value in value.map { Member(name: name, value: $0) } })
  }
}
