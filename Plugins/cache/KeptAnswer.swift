/// An answer of a provider that is kept.
final class KeptAnswer: Sendable {
  /// What an answer was given to.
  struct Place: Sendable {
    /// Digest of the request: project, policies, method, path, query, body.
    let request: Digest
    /// Digest of project and path.
    let target: Digest
    let method: [UInt8]
    let path: [UInt8]
    /// Parameters in the order of their names.
    let query: [UInt8]
  }

  /// How old it is and may become.
  struct Age: Sendable {
    /// Milliseconds of the monotonic clock when it came.
    let keptAt: UInt64
    /// Seconds it had been under way or in other caches by then.
    let initialSeconds: Int
    /// Seconds it is good for.
    let lifetimeSeconds: Int

    /// Whole seconds since the provider made it (RFC 9111 4.2.3).
    func seconds(at now: UInt64) -> Int { initialSeconds + Int((now - min(now, keptAt)) / 1000) }

    func isOver(at now: UInt64) -> Bool { seconds(at: now) >= lifetimeSeconds }
  }

  let place: Place
  let variant: Variant
  let status: UInt32
  let head: AnswerHead
  let body: [UInt8]
  let age: Age
  /// It has to be shown to the provider each time before it is used.
  let mustBeValidated: Bool
  /// Kept at the wish of a client, and given to those who wish the same: nobody else gets less than a fresh answer.
  let isForced: Bool

  init(
    place: Place, variant: Variant, status: UInt32, head: AnswerHead, body: [UInt8], age: Age,
    mustBeValidated: Bool, isForced: Bool
  ) {
    self.place = place
    self.variant = variant
    self.status = status
    self.head = head
    self.body = body
    self.age = age
    self.mustBeValidated = mustBeValidated
    self.isForced = isForced
  }

  /// Memory it takes, about: arrays have headers of their own, and the store has entries for it.
  var bytes: Int {
    head.fields.reduce(768 + body.count + place.path.count + place.query.count) {
      $0 + $1.name.count + $1.value.count + 80
    }
  }

  /// Whether the provider can be asked if it is still good.
  var hasValidator: Bool { head.first("etag") != nil || head.first("last-modified") != nil }
}
