import CLLMProxyPlugin
import NIOCore
import ProxyPluginHost

/// Stages that look at a body on its way and leave it alone (`LLMP_MW_TAP_RESPONSE`).
extension Exchange {
  /// Whether the stage at `index` looks at this answer.
  @inline(__always)
  func taps(_ index: Int) -> Bool {
    guard let serving else { return false }
    return serving.facts.responseTap & ~detached & bit(index) != 0
  }

  /// Shows all of them bytes that nobody rewrites.
  func tap(_ bytes: ByteBuffer, _ spans: ContiguousArray<Range<Int>>) {
    guard let serving, serving.facts.responseTap & ~detached != 0 else { return }
    bytes.withUnsafeReadableBytes { raw in
      for span in spans where !span.isEmpty {
        for index in serving.stages.indices.reversed() where phase == .answering && taps(index) {
          tap(UnsafeRawBufferPointer(rebasing: raw[span]), at: index)
        }
      }
    }
  }

  /// Shows an event as the client would get it from here.
  func tap(_ event: llmp_sse_t, at index: Int) {
    var bytes = ByteBuffer()
    OutSink.appendEvent(event, to: &bytes)
    bytes.withUnsafeReadableBytes { tap($0, at: index) }
  }

  /// Shows bytes to the stage at `index`.
  func tap(_ piece: UnsafeRawBufferPointer, at index: Int) {
    guard let stage = stage(index), let hook = stage.vtable.response_chunk else { return }
    settleTap(
      callStream(stage, index, .responseChunk) {
        hook(stage.inst, handle, slots + index, Slice(piece).text, nil, $0)
      }, stage)
  }

  /// Tells the stage at `index` that it has seen everything.
  func tapEnd(at index: Int) {
    guard let stage = stage(index), let hook = stage.vtable.response_end else { return }
    settleTap(
      callStream(stage, index, .responseEnd) { hook(stage.inst, handle, slots + index, nil, $0) }, stage)
  }

  private func settleTap(_ verdict: llmp_verdict_t, _ stage: StageInstance) {
    switch verdict {
    case LLMP_CONTINUE: break
    case LLMP_DETACH: detached |= bit(stage.index)
    default: _ = failed(stage, .responseBody, verdict)
    }
  }
}
