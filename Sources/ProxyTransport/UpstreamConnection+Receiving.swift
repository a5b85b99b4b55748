import NIOCore
import ProxyWire

/// Framing of answers: RFC 9112 section 6, strictly.
extension UpstreamConnection {
  func receive(_ bytes: ByteBuffer) {
    var bytes = bytes
    while bytes.readableBytes > 0 {
      switch phase {
      case .head:
        guard let rest = receiveHead(bytes) else { return }
        bytes = rest
      case .body(let remaining):
        return receiveCounted(bytes, remaining: remaining)
      case .chunked:
        return receiveChunked(bytes)
      case .untilClose:
        let all = 0..<bytes.readableBytes
        exchange?.upstreamBody(bytes, spans: [all], isWhole: false, ended: false)
        return
      case .handshake, .idle, .closed:
        // Bytes nobody asked for: whatever they are, this connection cannot be trusted again.
        return close()
      }
    }
  }

  /// Returns what follows the head, or nil when there is nothing (yet) to go on with.
  private func receiveHead(_ received: ByteBuffer) -> ByteBuffer? {
    var bytes = received
    if var partial = partialHead {
      partialHead = nil
      partial.writeBuffer(&bytes)
      bytes = partial
    }
    do {
      let length = try bytes.withUnsafeReadableBytes { raw throws(WireError) -> Int? in
        switch scanner.scan(raw) {
        case .incomplete: return nil
        case .refused(let error): throw error
        case .complete(let length):
          let headBytes = UnsafeRawBufferPointer(rebasing: raw[0..<length])
          try head.parse(headBytes, requestMethod: requestMethod, limits: MessageLimits())
          return length
        }
      }
      guard let length else {
        partialHead = bytes
        return nil
      }
      scanner.reset()
      return deliverHead(bytes, length: length)
    } catch {
      fail(.malformed(error))
      return nil
    }
  }

  private func deliverHead(_ bytes: ByteBuffer, length: Int) -> ByteBuffer? {
    var rest = bytes
    rest.moveReaderIndex(forwardBy: length)
    if head.status < 200 {
      // Interim answers are for us alone; an upgrade nobody asked for cannot be carried.
      if head.status == 101 {
        fail(.malformed(.malformedStatusLine))
        return nil
      }
      return rest
    }
    switch head.framing {
    case .none: phase = .body(remaining: 0)
    case .length(let length): phase = .body(remaining: length)
    case .chunked:
      decoder = ChunkedDecoder()
      phase = .chunked
    case .untilClose: phase = .untilClose
    }
    let delivering = exchange
    bytes.withUnsafeReadableBytes { raw in
      delivering?.upstreamHead(head, bytes: UnsafeRawBufferPointer(rebasing: raw[0..<length]))
    }
    guard exchange != nil else { return nil }
    if case .body(remaining: 0) = phase {
      finish(ByteBuffer(), spans: [], isWhole: true, leftover: rest.readableBytes)
      return nil
    }
    return rest
  }

  private func receiveCounted(_ bytes: ByteBuffer, remaining: UInt64) {
    let count = UInt64(bytes.readableBytes)
    if count < remaining {
      phase = .body(remaining: remaining - count)
      exchange?.upstreamBody(bytes, spans: [0..<bytes.readableBytes], isWhole: true, ended: false)
      return
    }
    let wanted = Int(remaining)
    let mine = bytes.getSlice(at: bytes.readerIndex, length: wanted) ?? bytes
    // In memory that is kept: an array of its own would be allocated for each answer.
    spans.removeAll(keepingCapacity: true)
    spans.append(0..<wanted)
    finish(mine, spans: spans, isWhole: true, leftover: bytes.readableBytes - wanted)
  }

  private func receiveChunked(_ bytes: ByteBuffer) {
    spans.removeAll(keepingCapacity: true)
    let beganBetween = decoder.isBetweenChunks
    do {
      let (consumed, ended) = try bytes.withUnsafeReadableBytes { raw throws(WireError) in
        try decoder.consume(raw, payload: &spans)
      }
      let isWhole = beganBetween && (ended || decoder.isBetweenChunks)
      if ended {
        let mine = bytes.getSlice(at: bytes.readerIndex, length: consumed) ?? bytes
        finish(mine, spans: spans, isWhole: isWhole, leftover: bytes.readableBytes - consumed)
      } else {
        exchange?.upstreamBody(bytes, spans: spans, isWhole: isWhole, ended: false)
      }
    } catch {
      // What came before the defect is good: an event that arrived whole must not be lost.
      if !spans.isEmpty { exchange?.upstreamBody(bytes, spans: spans, isWhole: false, ended: false) }
      fail(.malformed(error))
    }
  }
}
