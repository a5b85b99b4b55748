internal import Dispatch
internal import GRDB
internal import ProxyCore

extension Writer {
  /// Reads the rows of a token and of those it descends from, at `due` (milliseconds since the Unix epoch) or
  /// soon after, and puts them into force. Requests that wait for the same token share one look.
  ///
  /// - Parameter completion: called once, on any thread, with whether the rows could be read.
  func look(at token: AccessToken, due: Int64, _ completion: @escaping @Sendable (Bool) -> Void) {
    guard token.beginLook(completion) else { return }
    let wait = Int(max(0, due - Clocks.unixMilliseconds()))
    queue.asyncAfter(deadline: .now() + .milliseconds(wait)) { [weak self] in
      token.endLook(isRead: self?.readRows(of: token) ?? false)
    }
  }

  private func readRows(of token: AccessToken) -> Bool {
    guard !inbox.isClosed else { return false }
    let now = Clocks.unixMilliseconds()
    let lineage = token.lineage
    do {
      let changes = try pool.writeWithoutTransaction { db in try feed.rows(of: lineage.map(\.hash), db) }
      directory.apply(changes)
    } catch {
      failed(error, isFromReading: true)
      return false
    }
    for one in lineage { one.noteLook(at: now) }
    return true
  }
}
