internal import Synchronization

/// Tokens for which the writer has something to write. Any thread; never waits for the file.
final class CountQueue: Sendable {
  private let tokens = Mutex<[AccessToken]>([])
  private let signal = Mutex<(@Sendable () -> Void)?>(nil)

  /// Sets what wakes the writer; called once, before traffic.
  func onWake(_ wake: @escaping @Sendable () -> Void) {
    signal.withLock { $0 = wake }
  }

  func append(_ token: AccessToken, wake isUrgent: Bool) {
    tokens.withLock { $0.append(token) }
    if isUrgent { wake() }
  }

  func wake() {
    let call = signal.withLock { $0 }
    call?()
  }

  /// Takes all of them out.
  func drain() -> [AccessToken] {
    tokens.withLock { tokens in
      guard !tokens.isEmpty else { return [] }
      defer { tokens = [] }
      return tokens
    }
  }

  var isEmpty: Bool { tokens.withLock { $0.isEmpty } }
}
