import ArgumentParser

/// `llm-proxy self list`.
struct SelfListCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the tokens that this one made, the newest first.")

  @OptionGroup var holder: HolderOptions
  @OptionGroup var limit: LimitOptions

  func execute() throws {
    var list = ListReader(try holder.client(), SelfCommand.tokensPath, limit: limit.limit)
    try list.print(
      ListPrinter(holder.output.format, TokenCommand.columns, csv: TokenCommand.furtherPaths),
      empty: "it made no token")
  }
}
