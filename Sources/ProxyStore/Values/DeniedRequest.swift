/// A request of traffic that was refused for lack of rights (401, 403) or because a limit was reached (429).
public struct DeniedRequest: Sendable, Equatable {
  /// Why, such as `token_expired`.
  public var code: String
  /// Status sent to the client.
  public var status: UInt16
  /// Id of the request, as in `x-request-id`.
  public var requestID: String
  /// HTTP method.
  public var method: String
  /// HTTP path without its query; as the client wrote it, so it may hold anything.
  public var path: String
  /// Address of the client.
  public var clientIP: String
  /// `User-Agent`, as the client wrote it.
  public var userAgent: String?
  /// Id of the token that was presented, when it is one of ours.
  public var tokenID: String?
  /// Its project.
  public var projectID: String?

  /// A refusal.
  public init(
    code: String, status: UInt16, requestID: String, method: String, path: String, clientIP: String
  ) {
    self.code = code
    self.status = status
    self.requestID = requestID
    self.method = method
    self.path = path
    self.clientIP = clientIP
  }
}
