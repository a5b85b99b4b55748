import ArgumentParser

/// The flag that guards a change against somebody else's.
struct PreconditionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Change it only while it has this ETag, which `get` shows.", valueName: "etag"))
  var ifMatch: String?

  /// The header fields of the request.
  var headers: [(name: String, value: String)] { ifMatch.map { [("If-Match", $0)] } ?? [] }
}
