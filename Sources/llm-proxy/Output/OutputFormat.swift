import ArgumentParser

/// The form in which a command prints what it found.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  /// JSON as the server sends it, indented.
  case json
  /// Columns for people.
  case table
  /// Comma-separated values with a line of names.
  case csv
}

/// The flags that choose the form.
struct OutputOptions: ParsableArguments {
  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("How it is printed; a table unless something else is said.", valueName: "format"))
  var output: OutputFormat?

  @Flag(help: "Same as --output json.")
  var json = false

  /// The form asked for; tables unless something else is said.
  var format: OutputFormat { output ?? (json ? .json : .table) }

  func validate() throws {
    if json, let output, output != .json {
      throw ValidationError("--json and --output \(output.rawValue) contradict each other; give one of them")
    }
  }
}
