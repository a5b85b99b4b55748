import ArgumentParser
import ProxyCore

/// `llm-proxy self mint`.
struct SelfMintCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "mint", abstract: "Make a narrower, shorter-lived token; it is shown once.",
    discussion:
      "What is left out is as wide as the token that makes it. It is revoked together with that one.")

  @OptionGroup var holder: HolderOptions
  @OptionGroup var expiry: ExpiryOptions
  @OptionGroup var withering: WitheringOptions
  @OptionGroup var policy: PolicyOptions

  func execute() throws {
    let members = expiry.members() + withering.members() + (try policy.members())
    let answer = try holder.client().call("POST", SelfCommand.tokensPath, body: .object(members))
    try IssuedTokenPrinter.print(answer.document, holder.output.format)
  }
}
