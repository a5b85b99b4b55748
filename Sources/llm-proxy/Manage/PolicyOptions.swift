import ArgumentParser
import ProxyCore

/// The flags for what projects and tokens have in common.
struct PolicyOptions: ParsableArguments {
  @Option(help: ArgumentHelp("What is allowed: a JSON object, @file, or none.", valueName: "json"))
  var policy: ObjectArgument?

  @Option(help: ArgumentHelp("What may be spent: a JSON object, @file, or none.", valueName: "json"))
  var budget: ObjectArgument?

  @Option(
    help: ArgumentHelp(
      "key=value that requests must carry as X-PROXY-<key>, any number of times; or none.", valueName: "pair")
  )
  var metadata: [String] = []

  /// The members of a request's body; none for what is not given.
  func members() throws(CommandFailure) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    if let policy { members.append(.init(name: "policy", value: try policy.document("--policy"))) }
    if let budget { members.append(.init(name: "budget", value: try budget.document("--budget"))) }
    if !metadata.isEmpty { members.append(.init(name: "metadata", value: try pairs())) }
    return members
  }

  private func pairs() throws(CommandFailure) -> JSONValue {
    if metadata == ["none"] { return .null }
    var pairs: [JSONValue.Member] = []
    for text in metadata {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw CommandFailure(
          .usage, "--metadata needs key=value, such as team=blue, or none; this is neither")
      }
      pairs.append(.init(name: String(parts[0]), value: .string(String(parts[1]))))
    }
    return .object(pairs)
  }
}

extension JSONValue.Member {
  /// A member that is there only when it has a value.
  static func optional(_ name: String, _ value: JSONValue?) -> [JSONValue.Member] {
    value.map { [JSONValue.Member(name: name, value: $0)] } ?? []
  }
}
