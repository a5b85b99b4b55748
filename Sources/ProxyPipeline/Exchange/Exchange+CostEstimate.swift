import CLLMProxyPlugin
import ProxyCore
import ProxyWire

/// What an exchange may cost, judged by its request.
///
/// Whoever has a budget has a reason to be read wrongly, so nothing here believes what the provider may not: not the
/// `Content-Type`, and no name that is given twice, of which one parser takes the first, another the last, and a
/// third does not care about its case.
extension Exchange {
  /// Whether money depends on the body, so that it has to be seen.
  var isBodyPriced: Bool {
    isBudgeted && (Operations.namesModel(path: path) || !isUpload)
  }

  /// Whether the body is one that providers take in as it is. Of several types nobody knows which one counts.
  private var isUpload: Bool {
    let name = Slice("content-type")
    guard let value = requestMap.get(name), requestMap.get(name, nth: 1) == nil else { return false }
    return MediaType.isUpload(value.bytes)
  }

  /// The most the exchange is expected to cost: input by the size of the body, output by the limit it names. What
  /// names no model because it need not (files, forms) costs next to nothing as far as we know, but is not let
  /// through on a budget that is used up. Throws the refusal when the cost cannot be told.
  func estimatedMicros() throws(GatewayFault) -> Int64 {
    _ = try onlyMember("model")
    guard let model = servedModel?.string else {
      if Operations.namesModel(path: path) { throw .modelUnclear }
      return 1
    }
    guard let price = loop.state.prices.price(model: model, provider: currentRoute?.name.string) else {
      throw .unpriced
    }
    let cost = price.cost(input: estimatedInput, cachedInput: 0, output: try reservedOutput())
    return max(1, cost.roundedUp)
  }

  /// Model tokens that the answer may have: the highest limit the request names, for each of its choices.
  func reservedOutput() throws(GatewayFault) -> Int64 {
    var limit: Int64?
    for name in ["max_completion_tokens", "max_output_tokens", "max_tokens"] as [StaticString] {
      if let number = try number(name) { limit = max(number, limit ?? 0) }
    }
    let choices = try number("n") ?? 1
    let operation = Operations.name(path: path)
    if operation.equals(Slice("embeddings")) || operation.equals(Slice("moderations")) { return 0 }
    return (limit ?? loop.state.prices.table.reservedOutputTokens).multipliedSaturated(by: max(1, choices))
  }

  /// A number from zero on, however it is written; `nil` for everything else, such as the -1 of "no limit".
  private func number(_ name: StaticString) throws(GatewayFault) -> Int64? {
    guard let raw = try onlyMember(name), let number = Double(String(decoding: raw, as: UTF8.self)),
      number >= 0
    else { return nil }
    return Int64(exactly: number.rounded(.up)) ?? .max
  }

  /// The value of a member of the body that may be given once, under this very name.
  private func onlyMember(_ name: StaticString) throws(GatewayFault) -> UnsafeRawBufferPointer? {
    guard indexBody() else { return nil }
    let raw = bodyBytes.bytes
    let given = members.count(resembling: name, in: raw)
    if given == 0 { return nil }
    guard given == 1, let range = members.value(named: name, in: raw) else { throw .repeated(name) }
    return UnsafeRawBufferPointer(rebasing: raw[range])
  }
}

extension Operations {
  /// Whether a request to `path` has a JSON body that names a model of text or vectors. Judged by the end of the path,
  /// so that it holds for every version and deployment, and not for what lies below, such as a stored answer.
  static func namesModel(path: Slice) -> Bool {
    var path = path.bytes
    while path.last == UInt8(ascii: "/") { path = UnsafeRawBufferPointer(rebasing: path.dropLast()) }
    for end in ["/completions", "/responses", "/embeddings"] as [StaticString]
    where path.count >= end.utf8CodeUnitCount {
      if Slice(UnsafeRawBufferPointer(rebasing: path.suffix(end.utf8CodeUnitCount))).equals(Slice(end)) {
        return true
      }
    }
    // Not by its end: messages of a thread name none.
    return Slice(path).equals(Slice("/v1/messages"))
  }
}

extension Int64 {
  /// The product, or the largest number when it is beyond.
  fileprivate func multipliedSaturated(by other: Int64) -> Int64 {
    let (product, isOver) = multipliedReportingOverflow(by: other)
    return isOver ? .max : product
  }
}

extension GatewayFault {
  /// A budget cannot be kept with a model whose price nobody knows.
  static let unpriced = GatewayFault(
    403, type: "invalid_request_error", code: "model_not_priced",
    "This access token has a budget and the model has no price; add the model to prices", mayRetry: false)

  /// A budget cannot be kept for a request whose model cannot be told.
  static let modelUnclear = GatewayFault(
    403, type: "invalid_request_error", code: "model_not_priced",
    "This access token has a budget, so the body has to be one JSON object with the model's name in \"model\"",
    mayRetry: false)

  /// A budget cannot be kept for a request that can be read in two ways.
  static func repeated(_ name: StaticString) -> GatewayFault {
    GatewayFault(
      400, type: "invalid_request_error", code: "param_repeated",
      "This access token has a budget, so the body may have \"\(name)\" only once, in lower case",
      mayRetry: false)
  }
}
