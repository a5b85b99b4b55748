import CLLMProxyPlugin
public import NIOCore
import ProxyCore
import ProxyWire

/// The request's body: held for the stages that ask, streamed otherwise.
extension Exchange {
  func decideBody() {
    guard let serving else { return }
    if isBodyComplete { return runRequestBody(from: 0) }
    let live = ~detached
    let facts = serving.facts
    let isWanted =
      facts.needsRequestBody & live != 0 || (facts.consumesModel & live != 0 && isJSON)
      || currentRoute?.readsBody == true || isBodyPriced
    guard isWanted else { return admit() }
    if case .length(let length) = request.framing, length > UInt64(serving.limits.requestBodyBytes) {
      return fault(.bodyTooLarge)
    }
    phase = .awaitingBody
    bodyMode = .holding
    client?.sendContinue()
    client?.wantBody()
  }

  /// Whether the request says it carries JSON: `application/json` or `…+json`, whatever the parameters.
  var isJSON: Bool {
    guard let value = requestMap.get(Slice("content-type")) else { return false }
    return MediaType.isJSON(value.bytes)
  }

  /// Bytes of the body, without transfer framing, as they come. Only while `acceptsBody`.
  public func receiveBody(_ bytes: ByteBuffer) {
    outcome.requestBytes &+= UInt64(bytes.readableBytes)
    times.lastClientByte = Clocks.coarseNanoseconds()
    switch bodyMode {
    case .undecided, .discarding: break
    case .holding: hold(bytes)
    case .streaming: upload(bytes)
    }
  }

  /// The body is complete. Only while `acceptsBody`.
  public func receiveBodyEnd() {
    isBodyComplete = true
    switch bodyMode {
    case .undecided, .discarding: break
    case .holding:
      bodyMode = .discarding
      runRequestBody(from: 0)
    case .streaming:
      bodyMode = .discarding
      endUpload()
    }
  }

  private func hold(_ bytes: ByteBuffer) {
    let limit = serving?.limits.requestBodyBytes ?? 0
    if (body?.readableBytes ?? 0) + bytes.readableBytes > limit {
      body = nil
      return fault(.bodyTooLarge)
    }
    heldBytes += bytes.readableBytes
    guard loop.holdBody(bytes.readableBytes) else {
      body = nil
      return fault(.overloaded)
    }
    if body == nil {
      body = bytes
      if case .length(let length) = request.framing, length > UInt64(bytes.readableBytes) {
        body?.reserveCapacity(Int(length))
      }
    } else {
      var bytes = bytes
      body?.writeBuffer(&bytes)
    }
  }

  /// Reads `model` and `stream` of a held body into the metadata, whatever type it claims: providers read it too.
  func noteModel() {
    guard !bodyBytes.isEmpty, indexBody() else { return }
    let raw = bodyBytes.bytes
    if let model = namedModel(in: raw) { metadata.set(LLMP_META_MODEL, .text(model)) }
    if let range = members.last(named: "stream", in: raw) {
      let isTrue = JSONText.isTrue(UnsafeRawBufferPointer(rebasing: raw[range]))
      metadata.set(LLMP_META_STREAM, .integer(isTrue ? 1 : 0))
    }
  }

  /// Notes the model of a body that stages have changed, which is the one that is asked for and paid.
  func noteServedModel() {
    guard indexBody(), let model = namedModel(in: bodyBytes.bytes) else { return }
    changedModel = arena.copy(model.bytes)
  }

  /// The model that the indexed body names. Of several the last, as most parsers have it.
  private func namedModel(in raw: UnsafeRawBufferPointer) -> Slice? {
    guard let range = members.last(named: "model", in: raw), range.count >= 2,
      raw[range.lowerBound] == UInt8(ascii: "\"")
    else { return nil }
    return unquote(UnsafeRawBufferPointer(rebasing: raw[range]))
  }

  /// The model as sent to the provider, where that is known.
  var servedModel: Slice? { changedModel ?? metadata.text(LLMP_META_MODEL) }

  /// The text of a JSON string literal; only one with escapes is copied.
  private func unquote(_ literal: UnsafeRawBufferPointer) -> Slice {
    let inner = UnsafeRawBufferPointer(rebasing: literal[1..<(literal.count - 1)])
    guard inner.contains(UInt8(ascii: "\\")) else { return Slice(inner) }
    return (JSONText.unescape(literal) ?? []).withUnsafeBytes { arena.copy($0) }
  }

  /// Makes sure the top-level members of the held body are known; false when it is not one JSON object.
  func indexBody() -> Bool {
    if isJSONIndexed { return isJSONValid }
    isJSONIndexed = true
    isJSONValid = (try? members.index(bodyBytes.bytes)) != nil  // why it is not valid does not matter here
    return isJSONValid
  }

  /// Puts other bytes in the body's place.
  func replaceBody(_ bytes: ByteBuffer) {
    // It lies in the body that goes away.
    if let model = metadata.text(LLMP_META_MODEL) {
      metadata.set(LLMP_META_MODEL, .text(arena.copy(model.bytes)))
    }
    body = bytes
    isBodyReplaced = true
    isJSONIndexed = false
  }
}

extension Exchange {
  /// The client stopped in the middle of its body.
  public func bodyTimedOut() {
    guard !isBodyComplete, bodyMode == .holding || bodyMode == .streaming else { return }
    if phase == .answering { return clientGone() }
    fault(.requestTimeout)
  }
}
