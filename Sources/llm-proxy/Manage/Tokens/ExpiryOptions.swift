import ArgumentParser
import ProxyCore

/// The flags that say when a new token withers by the clock, and by its first use.
struct ExpiryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long it lasts: hours, or with a unit 90m, 24h, 7d; or never.", valueName: "duration")
  )
  var duration: LifetimeArgument?

  @Option(help: ArgumentHelp("When it withers, such as 2030-01-31T12:00:00Z; or never.", valueName: "time"))
  var expiresAt: String?

  @Flag(help: "It does not wither by itself.")
  var never = false

  @Flag(help: "It is good for one request.")
  var oneShot = false

  func validate() throws {
    guard [duration != nil, expiresAt != nil, never].filter({ $0 }).count <= 1 else {
      throw ValidationError("give only one of --duration, --expires-at and --never")
    }
  }

  /// The members of a request's body; without a flag for it the token lasts for `standard`.
  func members(else standard: LifetimeArgument? = nil) -> [JSONValue.Member] {
    expiry(standard) + (oneShot ? [.init(name: "one_shot", value: .bool(true))] : [])
  }

  private func expiry(_ standard: LifetimeArgument?) -> [JSONValue.Member] {
    let endless = JSONValue.Member(name: "never", value: .bool(true))
    if never || expiresAt?.lowercased() == "never" { return [endless] }
    if let expiresAt { return [.init(name: "expires_at", value: .string(expiresAt))] }
    guard let lifetime = duration ?? standard else { return [] }
    return [lifetime.seconds.map { .init(name: "expires_in", value: .string("\($0)s")) } ?? endless]
  }
}
