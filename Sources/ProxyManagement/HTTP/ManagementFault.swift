internal import ProxyCore
internal import ProxyStore

/// A refusal or failure as a management client gets it: `{"error": message, "code": code}`, and `"param"` where
/// one field is at fault.
///
/// `code` is what programs match on; `message` is for people. Neither ever holds a secret, SQL or a path of
/// ours.
struct ManagementFault: Error, Equatable, Sendable {
  /// HTTP status of the answer.
  var status: UInt16
  /// Stable identifier, such as `project_not_found`.
  var code: String
  /// One clause: what failed and, where it helps, what to do.
  var message: String
  /// Fields to add to the answer, such as `Allow`.
  var headers: [Header] = []
  /// The field at fault, where one is: `policy.models[2]`.
  var param: String?

  /// A field of an answer.
  struct Header: Equatable, Sendable {
    var name: String
    var value: String
  }

  init(
    _ status: UInt16, _ code: String, _ message: String, headers: [Header] = [], param: String? = nil
  ) {
    self.status = status
    self.code = code
    self.message = message
    self.headers = headers
    self.param = param
  }

  /// Status 400: the request is not what the operation needs.
  static func invalid(
    _ message: String, code: String = "invalid_request", param: String? = nil
  ) -> ManagementFault {
    ManagementFault(400, code, message, param: param)
  }

  /// Status 400: a member of a policy or of metadata cannot be accepted.
  static func invalid(_ fault: PolicyFault) -> ManagementFault {
    ManagementFault(
      400, fault.isUnknownMember ? "unknown_field" : "invalid_policy", Redaction.scrubbed(fault.description),
      param: Redaction.scrubbed(fault.member))
  }

  /// Status 400: the body cannot be read; `detail` says where.
  static func invalidBody(_ detail: String? = nil) -> ManagementFault {
    .invalid("invalid request body" + (detail.map { ": \($0)" } ?? ""), code: "invalid_request_body")
  }

  /// Status 413: the body has more than `limit` bytes.
  static func bodyTooLarge(_ limit: Int) -> ManagementFault {
    ManagementFault(413, "request_too_large", "the request body is larger than \(limit) bytes")
  }

  /// The body cannot be had.
  static func noBody(_ reason: ControlBodyError, limit: Int) -> ManagementFault {
    switch reason {
    case .tooLarge: .bodyTooLarge(limit)
    case .overloaded:
      ManagementFault(
        503, "overloaded", "the gateway holds too many request bodies (limits.held_body_bytes); try again",
        headers: [Header(name: "Retry-After", value: "1")])
    case .timedOut, .disconnected:
      ManagementFault(
        408, "request_timeout", "the request body did not arrive in time (timeouts.request_body_idle)")
    }
  }

  /// Status 405, naming what is allowed.
  static func methodNotAllowed(_ allowed: [String]) -> ManagementFault {
    ManagementFault(
      405, "method_not_allowed", "method not allowed",
      headers: [Header(name: "Allow", value: allowed.sorted().joined(separator: ", "))])
  }

  /// Status 429: try again after `seconds`.
  static func throttled(retryAfter seconds: Int) -> ManagementFault {
    ManagementFault(
      429, "too_many_failed_logins", "too many failed logins; try again later",
      headers: [Header(name: "Retry-After", value: String(seconds))])
  }

  /// Status 503: the database cannot do it just now.
  static func unavailable(_ message: String) -> ManagementFault {
    ManagementFault(
      503, "store_unavailable", message, headers: [Header(name: "Retry-After", value: "1")])
  }

  /// Status 500 with a sentence that says what was tried.
  static func failed(to action: String) -> ManagementFault {
    ManagementFault(500, "internal_error", "failed to \(action)")
  }

  static let projectNotFound = ManagementFault(404, "project_not_found", "project not found")
  static let tokenNotFound = ManagementFault(404, "token_not_found", "token not found")
  static let auditEventNotFound = ManagementFault(404, "audit_event_not_found", "audit event not found")
  static let unknownPath = ManagementFault(404, "not_found", "no such endpoint")
  static let unknownMethod = ManagementFault(501, "unknown_method", "unknown method")
  static let nameTaken = ManagementFault(
    409, "project_name_taken", "a project of this name exists", param: "name")
  static let inactiveProject = ManagementFault(
    403, "project_inactive", "cannot create tokens for inactive projects")
  /// Status 403: a child token was to be wider than the token that makes it.
  static func widerThanParent(_ field: String) -> ManagementFault {
    ManagementFault(
      403, "wider_than_parent", "\(field) must not be wider than that of the token that makes this one",
      param: field)
  }

  static let tooDeep = ManagementFault(
    403, "too_many_generations",
    "a token descends at most \(ChildLimits.depth) generations from one made by management")
  static let tooManyChildren = ManagementFault(
    403, "too_many_children",
    "at most \(ChildLimits.descendants) tokens may descend from one made by management; revoke some")
  static let preconditionFailed = ManagementFault(
    412, "precondition_failed", "it has changed since it was read; read it again and repeat the change")
  static let missingCredentials = ManagementFault(
    401, "missing_credentials", "missing or invalid Authorization header", headers: [challenge])
  static let wrongCredentials = ManagementFault(
    401, "invalid_management_token", "invalid management token", headers: [challenge])

  static let invalidCredentials = ManagementFault(
    401, "invalid_credentials", "the name, the password or the management token is wrong")
  static let noSession = ManagementFault(401, "no_session", "not signed in, or the session has ended")
  static let forbiddenRole = ManagementFault(
    403, "forbidden_role", "this account may look and not change; sign in as an administrator")
  static let csrfTokenMismatch = ManagementFault(
    403, "csrf_token_mismatch", "X-CSRF-Token is not the one of this session; reload the page")
  static let crossSiteRequest = ManagementFault(
    403, "cross_site_request", "a page of another site may not ask for this")

  private static let challenge = Header(name: "WWW-Authenticate", value: "Bearer realm=\"management\"")
}
