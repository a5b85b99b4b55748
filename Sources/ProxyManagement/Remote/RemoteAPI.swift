import Foundation
public import ProxyClient
public import ProxyCore
import Synchronization

/// The management API of another server, as `llm-proxy admin` asks it.
///
/// Each request has a thread for as long as it runs, because libcurl waits; their number is bounded. Connections
/// are kept from request to request. Any thread.
public final class RemoteAPI: Sendable {
  /// Requests at the same time.
  static let limit = 96
  /// Connections kept.
  private static let kept = 8

  /// A session of libcurl. `@unchecked Sendable`: it is in `idle`, or in the hands of one thread.
  private final class Session: @unchecked Sendable {
    let client: ClientSession

    init(_ settings: ClientSettings) throws(ClientFailure) {
      client = try ClientSession(settings)
    }
  }

  private struct State {
    var idle: [Session] = []
    var running = 0
  }

  /// The server.
  let server: BaseURL
  /// What it knows us by.
  let managementToken: Secret
  private let settings: ClientSettings
  private let state = Mutex(State())

  /// The API at `server`. Nothing is sent.
  public init(server: BaseURL, managementToken: Secret, authorityFile: String? = nil) {
    self.server = server
    self.managementToken = managementToken
    var settings = ClientSettings(flags: .init(address: "--api-base-url"))
    // A stream of events has no end.
    settings.totalTimeout = nil
    settings.authorityFile = authorityFile
    self.settings = settings
  }

  /// Sends a request; returns when the answer's head is here.
  ///
  /// - Throws: 502 with the reason when there is no answer, 503 when too many requests run.
  func send(_ request: ClientRequest) async throws(ManagementFault) -> RemoteAnswer {
    let session = try takeSession()
    let exchange = RemoteExchange()
    let result = await exchange.head { [self] in
      let thread = Thread {
        self.run(request, exchange, session)
      }
      thread.name = "admin-api"
      thread.start()
    }
    switch result {
    case .success(let head): return RemoteAnswer(head: head, exchange: exchange)
    case .failure(let failure): throw ManagementFault(502, "api_unreachable", failure.description)
    }
  }

  private func run(_ request: ClientRequest, _ exchange: RemoteExchange, _ session: Session) {
    let client = session.client
    do throws(ClientFailure) {
      let transfer = try client.start(
        request,
        into: .stream { transfer, bytes in
          exchange.begin(transfer)
          return exchange.deliver(Array(bytes))
        })
      while transfer.isRunning {
        _ = try client.advance(waitMilliseconds: 250)
        if exchange.isAbandoned, transfer.isRunning { client.cancel(transfer) }
      }
      if let failure = transfer.failure { exchange.fail(failure) } else { exchange.begin(transfer) }
    } catch {
      exchange.fail(error)
    }
    exchange.end()
    giveBack(session)
  }

  private func takeSession() throws(ManagementFault) -> Session {
    let idle: Session?? = state.withLock { state in
      guard state.running < Self.limit else { return nil }
      state.running += 1
      return .some(state.idle.popLast())
    }
    guard let idle else {
      throw ManagementFault(
        503, "too_many_listeners", "too many pages ask at once; close one",
        headers: [.init(name: "Retry-After", value: "5")])
    }
    if let idle { return idle }
    do throws(ClientFailure) {
      return try Session(settings)
    } catch {
      state.withLock { $0.running -= 1 }
      throw ManagementFault(502, "api_unreachable", error.description)
    }
  }

  private func giveBack(_ session: Session) {
    state.withLock { state in
      state.running -= 1
      if state.idle.count < Self.kept { state.idle.append(session) }
    }
  }
}
