import CLLMProxyPlugin
import NIOCore
import ProxyCore
import ProxyWire

extension Exchange {
  /// Starts an exchange of the gateway's own: no stage sees it, and it begins at the adapter.
  func probe(
    head: inout RequestHead, bytes: UnsafeRawBufferPointer, body: ByteBuffer, client: any ExchangeClient,
    route: Int, projectID: String?
  ) {
    prepare(
      head: &head, bytes: bytes, client: client,
      peer: PeerAddress(text: Slice("gateway").bytes, isTLS: false),
      startedAt: Clocks.monotonicNanoseconds())
    excluded = .max
    detached = .max
    isBodyComplete = true
    bodyMode = .discarding
    if body.readableBytes > 0 {
      self.body = body
      noteModel()
    }
    self.route = route
    if let projectID { metadata.set(LLMP_META_PROJECT_ID, .text(copyToArena(projectID))) }
    prepareAttempt()
  }
}
