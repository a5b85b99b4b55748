import ArgumentParser

/// `llm-proxy completions`: prints what makes a shell complete this program's commands and flags.
struct CompletionsCommand: ReportingCommand {
  /// The shells that a script can be made for.
  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish

    var parserShell: CompletionShell {
      switch self {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "completions", abstract: "Print the completion script of a shell.",
    discussion: """
      Examples:
        llm-proxy completions bash > ~/.local/share/bash-completion/completions/llm-proxy
        llm-proxy completions zsh > ~/.zfunc/_llm-proxy
        llm-proxy completions fish > ~/.config/fish/completions/llm-proxy.fish
      """)

  @Argument(help: "The shell.")
  var shell: Shell

  func execute() throws {
    let writer = OutputWriter()
    try writer.line(LLMProxy.completionScript(for: shell.parserShell))
    try writer.flush()
  }
}
