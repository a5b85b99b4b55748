/// What is kept, bounded by bytes: the answers used longest ago go first. A value without clock or lock.
struct AnswerStore {
  /// More answers to one request than this, by its `Vary`, are not kept.
  static let mostVariants = 16

  private struct Slot {
    var answer: KeptAnswer?
    var newer = -1
    var older = -1
  }

  let limitBytes: Int
  private(set) var bytes = 0
  private var slots: [Slot] = []
  private var freeSlots: [Int] = []
  private var newest = -1
  private var oldest = -1
  private var byRequest: [Digest: [Int]] = [:]
  /// Answers to GET by their target: what other methods make worthless.
  private var byTarget: [Digest: Set<Int>] = [:]

  init(limitBytes: Int) { self.limitBytes = limitBytes }

  /// Answers kept.
  var count: Int { slots.count - freeSlots.count }
  /// Whether any can be made worthless by a request that changes something.
  var hasTargets: Bool { !byTarget.isEmpty }

  /// What is kept for a request, the newest first; they count as used now. Those that are over are dropped.
  mutating func answers(to request: Digest, at now: UInt64) -> [KeptAnswer] {
    guard let found = byRequest[request] else { return [] }
    var answers: [KeptAnswer] = []
    for index in found.reversed() {
      guard let answer = slots[index].answer else { continue }
      if answer.age.isOver(at: now) {
        remove(index)
      } else {
        answers.append(answer)
        unlink(index)
        linkNewest(index)
      }
    }
    return answers
  }

  /// Keeps an answer in the place of the same variant; false when it is larger than all that may be kept.
  mutating func keep(_ answer: KeptAnswer) -> Bool {
    let others = byRequest[answer.place.request] ?? []
    for index in others where slots[index].answer?.variant == answer.variant { remove(index) }
    guard answer.bytes <= limitBytes else { return false }
    if let all = byRequest[answer.place.request], all.count >= Self.mostVariants { remove(all[0]) }
    while bytes + answer.bytes > limitBytes, oldest >= 0 { remove(oldest) }
    let index = freeSlots.popLast() ?? slots.count
    if index == slots.count { slots.append(Slot()) }
    slots[index].answer = answer
    bytes += answer.bytes
    linkNewest(index)
    byRequest[answer.place.request, default: []].append(index)
    if answer.place.method.isName("GET") { byTarget[answer.place.target, default: []].insert(index) }
    return true
  }

  /// Drops this very answer.
  mutating func drop(_ answer: KeptAnswer) {
    let found = byRequest[answer.place.request]?.first { slots[$0].answer === answer }
    if let found { remove(found) }
  }

  /// Drops all that was kept of a target.
  mutating func dropTarget(_ target: Digest) {
    for index in byTarget[target] ?? [] { remove(index) }
  }

  /// Drops what a condition picks; returns how many there were. Looks at all that is kept.
  mutating func drop(where isPicked: (KeptAnswer) -> Bool) -> Int {
    var dropped = 0
    for index in slots.indices {
      guard let answer = slots[index].answer, isPicked(answer) else { continue }
      remove(index)
      dropped += 1
    }
    return dropped
  }

  private mutating func remove(_ index: Int) {
    guard let answer = slots[index].answer else { return }
    slots[index].answer = nil
    bytes -= answer.bytes
    unlink(index)
    freeSlots.append(index)
    byRequest[answer.place.request]?.removeAll { $0 == index }
    if byRequest[answer.place.request]?.isEmpty == true { byRequest[answer.place.request] = nil }
    byTarget[answer.place.target]?.remove(index)
    if byTarget[answer.place.target]?.isEmpty == true { byTarget[answer.place.target] = nil }
  }

  private mutating func unlink(_ index: Int) {
    let (newer, older) = (slots[index].newer, slots[index].older)
    if newer >= 0 { slots[newer].older = older } else if newest == index { newest = older }
    if older >= 0 { slots[older].newer = newer } else if oldest == index { oldest = newer }
    slots[index].newer = -1
    slots[index].older = -1
  }

  private mutating func linkNewest(_ index: Int) {
    slots[index].older = newest
    slots[index].newer = -1
    if newest >= 0 { slots[newest].newer = index }
    newest = index
    if oldest < 0 { oldest = index }
  }
}
