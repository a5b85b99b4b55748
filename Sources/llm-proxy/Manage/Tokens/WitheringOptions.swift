import ArgumentParser
import ProxyCore

/// The flags that say how a token withers.
struct WitheringOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Requests it is good for; 0 is no limit.", valueName: "number"))
  var maxRequests: Int64?

  @Option(help: ArgumentHelp("What it is for: one line of text.", valueName: "text"))
  var label: String?

  @Option(help: ArgumentHelp("It withers when unused for this long; or none.", valueName: "duration"))
  var idleTimeout: OptionalSpanArgument?

  @Option(help: ArgumentHelp("Each use makes it last this long from then; or none.", valueName: "duration"))
  var renewOnUse: OptionalSpanArgument?

  @Option(
    help: ArgumentHelp("Use does not make it last longer than this moment; or none.", valueName: "time"))
  var renewUntil: String?

  func validate() throws {
    if let maxRequests, maxRequests < 0 { throw ValidationError("--max-requests must be 0 or more") }
  }

  /// The members of a request's body.
  func members() -> [JSONValue.Member] {
    var members = JSONValue.Member.optional("max_requests", maxRequests.map { .integer($0) })
    members += JSONValue.Member.optional("label", label.map { .string($0) })
    members += JSONValue.Member.optional("idle_timeout", idleTimeout?.json)
    members += JSONValue.Member.optional("renew_on_use", renewOnUse?.json)
    members += JSONValue.Member.optional("renew_until", renewUntil.map { $0 == "none" ? .null : .string($0) })
    return members
  }
}
