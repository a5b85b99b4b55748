import NIOCore
import ProxyCore
import ProxyPipeline

/// The body of a request for the control plane, on its way in. Loop-confined.
///
/// It stays with the client until the plane has looked at the head and asks for it, so that whoever may not ask
/// for anything cannot fill memory. What is collected counts towards `limits.held_body_bytes`.
final class ControlUpload {
  typealias Outcome = Result<[UInt8], ControlBodyError>

  /// Whether bytes should be delivered now; otherwise the connection keeps a few and stops reading.
  private(set) var isWanted = false
  private let loop: LoopContext
  private var limit = 0
  private var bytes: [UInt8] = []
  private var heldBytes = 0
  private var isOver = false
  /// Waits for the whole body.
  private var reader: CheckedContinuation<Outcome, Never>?

  init(_ loop: LoopContext) {
    self.loop = loop
  }

  /// Resumes `reader` once with the body, or with the reason why it cannot be had.
  func collect(upTo limit: Int, for reader: CheckedContinuation<Outcome, Never>) {
    guard !isOver else { return reader.resume(returning: .failure(.disconnected)) }
    self.limit = limit
    self.reader = reader
    isWanted = true
  }

  func receive(_ piece: ByteBuffer) {
    guard reader != nil else { return }
    guard bytes.count + piece.readableBytes <= limit else { return fail(.tooLarge) }
    heldBytes += piece.readableBytes
    guard loop.holdBody(piece.readableBytes) else { return fail(.overloaded) }
    bytes.append(contentsOf: piece.readableBytesView)
  }

  /// All of it has been delivered.
  func end() {
    reader?.resume(returning: .success(bytes))
    reader = nil
  }

  func fail(_ error: ControlBodyError) {
    bytes = []
    reader?.resume(returning: .failure(error))
    reader = nil
  }

  /// The request is over, one way or the other.
  func release() {
    isOver = true
    fail(.disconnected)
    loop.releaseBody(heldBytes)
    heldBytes = 0
  }
}
