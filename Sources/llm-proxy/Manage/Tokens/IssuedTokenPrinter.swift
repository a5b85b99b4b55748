import ProxyCore

/// Prints a token that was just made, the only time it is seen whole.
enum IssuedTokenPrinter {
  private static let fields = [
    Column("Token", "token"), Column("Obfuscated", "obfuscated"), Column("ID", "id"),
    Column("Project", "project_id"), Column("Expires at", "expires_at", .text),
    Column("Max requests", "max_requests", .number(absent: "none")), Column("Label", "label"),
  ]

  /// Prints the answer to its making.
  static func print(_ document: JSONValue, _ format: OutputFormat) throws(CommandFailure) {
    guard format == .table, case .object(let members) = document else {
      return try RecordPrinter.print(document, fields.filter { $0.path != "obfuscated" }, format)
    }
    let shown = members.map { member -> JSONValue.Member in
      member.name == "expires_at" && member.value == .null
        ? .init(name: "expires_at", value: "never") : member
    }
    let mask = obfuscated(document["token"]?.stringValue ?? "")
    try RecordPrinter.print(
      .object(shown + [.init(name: "obfuscated", value: .string(mask))]), fields, .table)
  }

  /// The form in which lists and logs show a token: its beginning and its end.
  static func obfuscated(_ secret: String) -> String {
    secret.count > 12 ? "\(secret.prefix(7))...\(secret.suffix(4))" : "****"
  }
}
