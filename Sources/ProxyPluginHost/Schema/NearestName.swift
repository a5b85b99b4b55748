/// "Did you mean": finds the likeliest intended spelling of a name.
enum NearestName {
  /// The candidate with the smallest edit distance, if it is close enough to be a slip of the finger.
  static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
    let limit = max(2, name.utf8.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let distance = distance(Array(name.utf8), Array(candidate.utf8))
      if distance <= limit, distance < (best?.distance ?? .max) { best = (candidate, distance) }
    }
    return best?.name
  }

  /// ` did you mean "x"?` or nothing, to be appended to a sentence.
  static func hint(_ name: String, among candidates: some Sequence<String>) -> String {
    of(name, among: candidates).map { ", did you mean \"\($0)\"?" } ?? ""
  }

  /// Levenshtein distance in bytes.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var previous = Array(0...right.count)
    for (row, byte) in left.enumerated() {
      var current = [row + 1]
      current.reserveCapacity(previous.count)
      for (column, other) in right.enumerated() {
        let change = previous[column] + (byte == other ? 0 : 1)
        current.append(min(change, previous[column + 1] + 1, current[column] + 1))
      }
      previous = current
    }
    return previous[right.count]
  }
}
