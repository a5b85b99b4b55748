import ProxyCore

/// What `setup` did, and what of it is shown this once.
struct SetupResult {
  /// The file that was written.
  let file: String
  /// Where the server will accept connections.
  let address: String
  /// The management token, when it was made here.
  var managementToken: Secret?
  /// Project and token, when they were made.
  var issued: FirstProject.Issued?

  /// The URL of the server that will run.
  private var url: String {
    address.hasPrefix(":") ? "http://localhost\(address)" : "http://\(address)"
  }

  /// For people.
  var text: String {
    var lines = ["Configuration written to \(file)"]
    if let managementToken { lines.append("Generated Management Token: \(managementToken.revealText())") }
    if let issued {
      lines.append(
        "Project: \(issued.projectName) (\(issued.projectID))\(issued.existed ? ", which existed" : "")")
      lines.append("Access Token: \(issued.token.secret.revealText())")
      lines.append("Expires at: \(issued.token.record.expiresAt?.rfc3339 ?? "never")")
    }
    if managementToken != nil || issued != nil {
      lines.append(
        "Tokens are shown this once: the management token is in \(file), the access token nowhere.")
    }
    lines += ["", "Start the server with: llm-proxy server --env \(file)"]
    if issued != nil {
      lines.append(
        "Then talk to a model with: PROXY_TOKEN=<access token> llm-proxy openai chat --proxy \(url)")
    }
    return lines.joined(separator: "\n")
  }

  /// For programs.
  var document: JSONValue {
    var members: [JSONValue.Member] = [
      .init(name: "config", value: .string(file)), .init(name: "url", value: .string(url)),
    ]
    if let managementToken {
      members.append(.init(name: "management_token", value: .string(managementToken.revealText())))
    }
    if let issued {
      members.append(
        .init(
          name: "project",
          value: [
            "id": .string(issued.projectID), "name": .string(issued.projectName),
            "existed": .bool(issued.existed),
          ]))
      members.append(
        .init(
          name: "token",
          value: [
            "id": .string(issued.token.record.id), "token": .string(issued.token.secret.revealText()),
            "expires_at": .optional(issued.token.record.expiresAt?.rfc3339),
          ]))
    }
    return .object(members)
  }
}
