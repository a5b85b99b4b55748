import ArgumentParser

/// The flag that bounds a list.
struct LimitOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Print at most this many (default: all).", valueName: "number"))
  var limit: Int64?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more") }
  }
}
