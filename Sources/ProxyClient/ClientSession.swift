import CCurl

/// Connections to servers and the transfers on them, by libcurl.
///
/// A session belongs to one thread. Everything in it waits: it is for commands, which have nothing else to do.
/// Certificates are always verified, redirects are never followed (they would carry credentials elsewhere), and
/// the proxies of the environment (`https_proxy`, `no_proxy`) are used except for this machine's own names.
public final class ClientSession {
  private let multi: UnsafeMutableRawPointer
  private let settings: ClientSettings
  /// Transfers under way, by the address of their handle.
  private var running: [UnsafeMutableRawPointer: Transfer] = [:]
  private var spare: [UnsafeMutableRawPointer] = []

  /// Loads libcurl. Throws `unusable` when it is not installed.
  public init(_ settings: ClientSettings) throws(ClientFailure) {
    guard ccurl_load() else { throw ClientFailure(.unusable, String(cString: ccurl_problem())) }
    guard let multi = ccurl_multi_init() else { throw ClientFailure(.unusable, "there is no memory left") }
    ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.keptConnections)
    self.multi = multi
    self.settings = settings
  }

  deinit {
    for (easy, _) in running {
      ccurl_multi_remove_handle(multi, easy)
      ccurl_easy_cleanup(easy)
    }
    for easy in spare { ccurl_easy_cleanup(easy) }
    ccurl_multi_cleanup(multi)
  }

  /// Transfers under way.
  public var count: Int { running.count }

  /// Sends a request and waits for the end of its answer.
  ///
  /// - Parameter interruption: a descriptor that can be read once the user wants no more, or -1.
  public func perform(
    _ request: ClientRequest, into sink: ClientRequest.BodySink, interruption: Int32 = -1
  ) throws(ClientFailure) -> Transfer {
    let transfer = try start(request, into: sink)
    while transfer.isRunning {
      let step = try advance(waitMilliseconds: 1_000, interruption: interruption)
      if step.isInterrupted, transfer.isRunning {
        cancel(transfer)
        throw ClientFailure(.interrupted, "interrupted")
      }
    }
    if let failure = transfer.failure { throw failure }
    return transfer
  }

  /// Begins a request; `advance` carries it on.
  public func start(
    _ request: ClientRequest, into sink: ClientRequest.BodySink
  ) throws(ClientFailure) -> Transfer {
    guard let easy = spare.popLast() ?? ccurl_easy_init() else {
      throw ClientFailure(.unusable, "there is no memory left")
    }
    do throws(ClientFailure) {
      let transfer = try Transfer(easy, request, sink, settings)
      guard ccurl_multi_add_handle(multi, easy) == CURLM_OK else {
        throw ClientFailure(.unusable, "the request cannot be sent")
      }
      running[easy] = transfer
      return transfer
    } catch {
      ccurl_easy_cleanup(easy)
      throw error
    }
  }

  /// Carries all transfers on, and waits until something happens on one, at most the given time.
  ///
  /// - Returns: the transfers that ended, and whether the interruption's descriptor can be read.
  public func advance(
    waitMilliseconds: Int32, interruption: Int32 = -1
  ) throws(ClientFailure) -> (ended: [Transfer], isInterrupted: Bool) {
    var left: Int32 = 0
    var isReadable = false
    var ended = try perform(&left)
    if ended.isEmpty {
      guard ccurl_multi_poll(multi, interruption, waitMilliseconds, &isReadable) == CURLM_OK else {
        throw ClientFailure(.broken, "waiting for connections failed")
      }
      ended = try perform(&left)
    }
    return (ended, isReadable)
  }

  private func perform(_ left: inout Int32) throws(ClientFailure) -> [Transfer] {
    guard ccurl_multi_perform(multi, &left) == CURLM_OK else {
      throw ClientFailure(.broken, "the transfers cannot be carried on")
    }
    var ended: [Transfer] = []
    var result = CURLE_OK
    while let easy = ccurl_multi_next_done(multi, &result) {
      guard let transfer = running[easy] else { continue }
      transfer.end(result, settings)
      release(easy)
      ended.append(transfer)
    }
    return ended
  }

  /// Gives a transfer up; its connection is closed.
  public func cancel(_ transfer: Transfer) {
    guard let easy = transfer.handle else { return }
    transfer.cancel()
    release(easy)
  }

  private func release(_ easy: UnsafeMutableRawPointer) {
    running[easy] = nil
    ccurl_multi_remove_handle(multi, easy)
    ccurl_easy_reset(easy)
    spare.append(easy)
  }
}
