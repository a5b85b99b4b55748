/// How the bytes of a file are compressed on their way.
enum ContentCoding: String, CaseIterable {
  /// Brotli, best first: half of what gzip leaves of text is left again.
  case brotli = "br"
  /// gzip.
  case gzip
  /// As they are.
  case identity

  /// What the file's name ends with when it is stored in this form.
  var suffix: String {
    switch self {
    case .brotli: ".br"
    case .gzip: ".gz"
    case .identity: ""
    }
  }

  /// The codings that the value of an `Accept-Encoding` field allows, best first; the plain form is always
  /// the last resort.
  static func accepted(by field: String?) -> [ContentCoding] {
    guard let field else { return [.identity] }
    var weights: [String: Double] = [:]
    for entry in field.split(separator: ",") {
      let parts = entry.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
      guard let name = parts.first else { continue }
      weights[name] =
        parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
    }
    let compressed = [ContentCoding.brotli, .gzip].filter {
      (weights[$0.rawValue] ?? weights["*"] ?? 0) > 0
    }
    return compressed + [.identity]
  }
}
