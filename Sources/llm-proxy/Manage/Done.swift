import ProxyCore

/// Answers of commands whose request has an answer without a body.
enum Done {
  /// Prints a sentence, or the document for programs.
  static func print(_ sentence: String, _ document: JSONValue, _ format: OutputFormat) throws(CommandFailure)
  {
    switch format {
    case .table: Console.output(sentence)
    case .json: Console.output(document.indented())
    case .csv:
      guard case .object(let members) = document else { return }
      try RecordPrinter.print(document, members.map { Column($0.name, $0.name) }, .csv)
    }
  }
}
