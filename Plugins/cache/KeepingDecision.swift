/// Whether an answer is kept, for how long, and what is said about it (RFC 9111 3, for a shared cache and a
/// request with credentials).
enum KeepingDecision {
  case keep(Terms)
  /// The client asked not to.
  case bypass
  /// No, with what `X-CACHE-DEBUG` says about it.
  case no(StaticString)
  /// Too large, or of unknown completeness.
  case miss(StaticString)
  /// An event stream of which nobody wants to hear here.
  case silent

  struct Terms {
    let lifetime: Int
    let initialAge: Int
    /// The client's wish, and not the provider's word.
    var isForced: Bool
    let mustBeValidated: Bool
  }

  /// All that the decision depends on.
  struct Facts {
    let status: UInt32
    let head: AnswerHead
    let isEventStream: Bool
    /// What the client said.
    let wishes: CacheDirectives
    let settings: CacheSettings
    /// Seconds since 1970.
    let now: Int
  }

  /// Both are what the Go program says.
  private static let noLifetime: StaticString = "ttl-zero-ttl=0s-from-resp=false"
  private static let badStatus: StaticString = "status-not-cacheable"

  static func of(_ facts: Facts) -> KeepingDecision {
    if facts.isEventStream, !facts.settings.keepsStreams { return .silent }
    guard facts.status == 200 || facts.status == 203 else { return .no(badStatus) }
    if facts.wishes.noStore { return .bypass }
    let said = facts.head.directives
    if said.noStore { return .no(noLifetime) }
    if said.isPrivate { return .no("private") }
    guard let terms = terms(facts, said) else {
      return .no((said.lifetime ?? 0) > 0 ? "not-public" : noLifetime)
    }
    if terms.mustBeValidated, facts.head.first("etag") == nil, facts.head.first("last-modified") == nil {
      return .no("no-cache")
    }
    if terms.initialAge >= terms.lifetime { return .no("stale") }
    guard let length = facts.head.seconds("content-length") else {
      // Nobody could tell whether an answer that ends with its connection is whole.
      return facts.head.first("transfer-encoding") == nil ? .miss("no-length") : .keep(terms)
    }
    return length > facts.settings.objectLimitBytes ? .miss("too-large") : .keep(terms)
  }

  private static func terms(_ facts: Facts, _ said: CacheDirectives) -> Terms? {
    let date = facts.head.date("date") ?? facts.now
    let age = max(facts.head.seconds("age") ?? 0, facts.now - date, 0)
    var lifetime = said.lifetime ?? 0
    if said.lifetime == nil, facts.head.first("expires") != nil {
      // A date that cannot be read is one that has passed (RFC 9111 5.3).
      lifetime = max(0, (facts.head.date("expires") ?? 0) - date)
    } else if said.lifetime == nil, said.isPublic {
      lifetime = facts.settings.defaultLifetime
    }
    if lifetime > 0 {
      // Every request here has credentials (RFC 9111 3.5).
      guard said.isPublic || (said.sharedMaxAge ?? 0) > 0 else { return nil }
      return Terms(lifetime: lifetime, initialAge: age, isForced: false, mustBeValidated: said.noCache)
    }
    // Servers of event streams send no-cache because the standard advises it against old proxies; whoever
    // turned the keeping of streams on and whoever asks for it mean just those.
    guard let wanted = facts.wishes.wantedLifetime, !said.noCache || facts.isEventStream else { return nil }
    return Terms(lifetime: wanted, initialAge: 0, isForced: true, mustBeValidated: false)
  }
}
