import ArgumentParser

/// What every list takes: the server, the form in which it is printed, and a bound.
struct ListOptions: ParsableArguments {
  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var limit: LimitOptions
}

extension ListOptions {
  /// Prints the list at `path`, narrowed by those of `fields` that are given.
  ///
  /// - Parameters:
  ///   - columns: what a table shows.
  ///   - furtherPaths: further members in CSV.
  ///   - note: said when there is nothing.
  func print(
    _ path: String, _ fields: KeyValuePairs<String, String?>, _ columns: [Column], csv furtherPaths: [String],
    empty note: String
  ) throws {
    let query = fields.compactMap { name, value in value.map { (name, $0) } }
    var list = ListReader(try connection.client(), path, query: query, limit: limit.limit)
    try list.print(ListPrinter(output.format, columns, csv: furtherPaths), empty: note)
  }
}

/// The flags that bound a list in time.
struct PeriodOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("From this time on: RFC 3339, a date, or 24h for so long ago.", valueName: "time"))
  var from: MomentArgument?

  @Option(help: ArgumentHelp("Until this time.", valueName: "time"))
  var to: MomentArgument?
}
