import ProxyCore

/// What the one `Authorization` field says.
enum Authorization: Equatable {
  /// There is no field.
  case none
  case bearer(String)
  case basic(user: String, password: String)

  /// Reads the field. Throws 401 for several of them, an unknown scheme and broken Basic.
  init(_ request: ControlRequest) throws(ManagementFault) {
    let fields = request.headers.filter { $0.0 == "authorization" }
    if fields.isEmpty {
      self = .none
      return
    }
    // Several, or a scheme we do not know: no cookie makes up for credentials that are wrong.
    guard fields.count == 1, let known = Self.read(fields[0].1) else { throw .missingCredentials }
    self = known
  }

  private static func read(_ field: String) -> Authorization? {
    let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
    guard parts.count == 2 else { return nil }
    let credentials = parts[1].drop { $0 == " " }
    guard !credentials.isEmpty else { return nil }
    switch parts[0].lowercased() {
    case "bearer": return .bearer(String(credentials))
    case "basic":
      guard let text = Base64.decoded(credentials), let colon = text.firstIndex(of: ":") else { return nil }
      return .basic(
        user: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
    default: return nil
    }
  }
}
