internal import LLMProxyPluginKit

/// What two requests must have in common to get the same answer.
enum CacheKey {
  /// What a provider's answer depends on without its `Vary` saying so.
  private static let selectors: [StaticString] = [
    "openai-organization", "openai-project", "openai-beta", "anthropic-version", "anthropic-beta",
  ]
  /// What a body means.
  private static let bodyFields: [StaticString] = ["content-type", "content-encoding"]

  /// The place of a request as it stands now: earlier stages have edited it, and what it is under is known.
  static func place(of request: borrowing Request, _ store: StoreService) throws -> KeptAnswer.Place {
    let project = request.metadataBytes(.projectID)
    let path = request.attribute(.path).unsafeBytes
    let query = sorted(request.attribute(.query).unsafeBytes)
    // HEAD is answered from what GET was answered.
    let method = request.attribute(.method) == "HEAD" ? Array("GET".utf8) : Array(request.attribute(.method))

    var text = KeyText()
    text.add(project)
    var position = 0
    // Equal numbers are equal texts, so an answer given under one policy is never given under another.
    while let policy = try store.policy(at: position, of: request) {
      text.add(number: policy.number)
      position += 1
    }
    text.endList()
    text.add(request.attribute(.api).unsafeBytes)
    text.add(method)
    text.add(path)
    text.add(query)
    add(selectors, of: request, to: &text)
    if method.isName("POST") {
      add(bodyFields, of: request, to: &text)
      text.add(try request.body(of: .request).unsafeBytes)
    }
    return KeptAnswer.Place(
      request: text.digest(), target: target(project: project, path: path), method: method, path: Array(path),
      query: query)
  }

  private static func add(_ names: [StaticString], of request: borrowing Request, to text: inout KeyText) {
    for name in names {
      var nth = 0
      while let line = request.header(name, nth: nth) {
        text.add(line.unsafeBytes)
        nth += 1
      }
      text.endList()
    }
  }

  /// What a request that changes something makes worthless: all that was kept of its path.
  static func target(of request: borrowing Request) -> Digest {
    target(
      project: request.metadataBytes(.projectID), path: request.attribute(.path).unsafeBytes)
  }

  private static func target(project: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer) -> Digest {
    var text = KeyText()
    text.add(project)
    text.add(path)
    return text.digest()
  }

  /// The parameters in the order of their names; those of one name stay in the order they came.
  static func sorted(_ query: UnsafeRawBufferPointer) -> [UInt8] {
    let parameters = query.split(separator: UInt8(ascii: "&"))
    if parameters.count < 2 { return Array(query) }
    let ordered = parameters.enumerated().sorted { left, right in
      let (first, second) = (name(left.element), name(right.element))
      if first.elementsEqual(second) { return left.offset < right.offset }
      return first.lexicographicallyPrecedes(second)
    }
    return Array(ordered.map(\.element).joined(separator: [UInt8(ascii: "&")]))
  }

  private static func name(_ parameter: Swift.Slice<UnsafeRawBufferPointer>)
    -> Swift.Slice<UnsafeRawBufferPointer>
  {
    parameter.prefix { $0 != UInt8(ascii: "=") }
  }
}
