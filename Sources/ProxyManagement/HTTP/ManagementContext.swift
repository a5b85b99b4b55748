import Hummingbird
import Logging
import ProxyCore

/// What a handler knows about the request it answers.
struct ManagementContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The request as the listener received it; with its body after `withBody`.
  var request: ControlRequest
  /// Id of this request: the client's own when it is sane, else a new one.
  let requestID: String
  /// Id that ties requests of one action together: the client's own when it is sane, else a new one.
  let correlationID: String
  /// Fields of the query.
  let query: QueryFields
  /// Who asks; `nil` before the credentials were looked at, and where none are wanted.
  var principal: Principal?

  init(source: Source) {
    coreContext = .init(source: source)
    request = source.request
    requestID = source.requestID
    correlationID = source.correlationID
    query = QueryFields(source.request.query)
  }

  /// With the body that the client sends. Call it when it is clear that the client may ask for this.
  func withBody(upTo limit: Int = RequestFields.limitBytes) async throws(ManagementFault) -> Self {
    var context = self
    do throws(ControlBodyError) {
      context.request = try await request.collected(upTo: limit)
    } catch {
      throw .noBody(error, limit: limit)
    }
    return context
  }

  /// What a context is made from.
  struct Source: RequestContextSource {
    let logger: Logger
    let request: ControlRequest
    let requestID: String
    let correlationID: String

    /// Takes the ids from the request where they are sane.
    init(request: ControlRequest, logger: Logger) {
      var ids = RequestIDGenerator()
      self.request = request
      requestID = Self.sane(request.header("x-request-id")) ?? ids.nextString()
      correlationID = Self.sane(request.header("x-correlation-id")) ?? ids.nextString()
      var logger = logger
      logger[metadataKey: "request.id"] = .string(requestID)
      self.logger = logger
    }

    /// An id we echo and store: 1 to 128 letters, digits and `-_.:/+=@`, and nothing in the form of a secret.
    private static func sane(_ id: String?) -> String? {
      guard let id, (1...128).contains(id.utf8.count), Redaction.scrubbed(id) == id else { return nil }
      return id.utf8.allSatisfy { byte in
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "-_.:/+=@".utf8.contains(byte)
        }
      } ? id : nil
    }
  }
}

extension ControlRequest {
  /// The value of a field, given by its name in lower case; the first of several.
  func header(_ name: String) -> String? {
    headers.first { $0.0 == name }?.1
  }

  /// All values of a field that is a list, joined as one; `nil` when there is none.
  func list(_ name: String) -> String? {
    let values = headers.filter { $0.0 == name }.map(\.1)
    return values.isEmpty ? nil : values.joined(separator: ",")
  }
}
