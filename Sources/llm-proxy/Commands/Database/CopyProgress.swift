import Glibc

/// How far a copy has come, on one line of the terminal; nothing when standard error is none.
final class CopyProgress {
  private let isShown = isatty(STDERR_FILENO) == 1
  private var percent = -1

  /// Shows pages copied of pages in all.
  func show(_ copied: Int, _ total: Int) {
    let now = total > 0 ? copied * 100 / total : 100
    guard isShown, now != percent else { return }
    percent = now
    let line = Array("\r\(copied) of \(total) pages, \(now) %\(copied == total ? "\n" : "")".utf8)
    // A terminal that is gone is no reason to end the copy.
    _ = write(STDERR_FILENO, line, line.count)
  }
}
