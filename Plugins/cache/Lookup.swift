/// A request that the cache had no answer for, until its answer is kept or not.
final class Lookup {
  enum Stage {
    /// The provider is asked; whether what is kept is still good, when there is something.
    case asked(KeptAnswer?)
    /// The answer is written down as it passes.
    case keeping(Draft)
    /// Nothing more to do.
    case over
  }

  struct Draft {
    let head: AnswerHead
    let variant: Variant
    let status: UInt32
    let terms: KeepingDecision.Terms
    let keptAt: UInt64
    var body: [UInt8]
  }

  let place: KeptAnswer.Place
  let wishes: CacheDirectives
  /// Purges there had been when it began.
  let purges: Int
  var stage: Stage

  init(place: KeptAnswer.Place, wishes: CacheDirectives, purges: Int, kept: KeptAnswer?) {
    self.place = place
    self.wishes = wishes
    self.purges = purges
    stage = .asked(kept)
  }
}
