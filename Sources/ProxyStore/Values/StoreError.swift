/// Why the store refused an operation or could not do it.
///
/// The texts are for operators and API clients: they hold no secret, no SQL and no path except in
/// `.unusable`, which is thrown while the process starts and is for the terminal only.
public enum StoreError: Error, Sendable, Equatable {
  /// No project, token or audit event of that id.
  case notFound
  /// Another project has this name.
  case nameTaken
  /// The project exists and is deactivated: it gets no new tokens.
  case inactiveProject
  /// A value is out of range or malformed; `reason` is a clause that can follow the field's name.
  case invalid(field: String, reason: String)
  /// A child token was to be wider than its parent in this field.
  case widerThanParent(field: String)
  /// A child token would stand too many generations below a token made by management.
  case tooDeep
  /// A token made by management has too many descendants already that are not withered.
  case tooManyChildren
  /// The caller's precondition (`If-Match`) does not hold for the row as it is now.
  case preconditionFailed
  /// The database cannot be written or read just now (locked, full, gone); nothing was changed. Try again.
  case unavailable(reason: String)
  /// The database cannot be used at all: one sentence with the remedy. Thrown only while the store opens.
  case unusable(String)
}

extension StoreError: CustomStringConvertible {
  /// One clause for logs and terminals.
  public var description: String {
    switch self {
    case .notFound: "not found"
    case .nameTaken: "a project of this name exists"
    case .inactiveProject: "the project is inactive"
    case .invalid(let field, let reason): "\(field) \(reason)"
    case .widerThanParent(let field): "\(field) must not be wider than the parent's"
    case .tooDeep: "tokens descend at most \(ChildLimits.depth) generations"
    case .tooManyChildren:
      "a token has at most \(ChildLimits.descendants) descendants; revoke some or wait until they expire"
    case .preconditionFailed: "the row has changed since it was read"
    case .unavailable(let reason): "the database is unavailable: \(reason)"
    case .unusable(let sentence): sentence
    }
  }
}
