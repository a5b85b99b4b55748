import ProxyCore

/// Collects what reading the settings finds, so that one run names every mistake.
///
/// Used by one thread while settings are read, then thrown away.
final class Report {
  private(set) var errors: [ConfigurationError] = []
  private(set) var warnings: [ConfigurationWarning] = []
  private(set) var settings: [ResolvedSetting] = []

  /// Notes a setting that cannot be used.
  func refuse(_ place: SourceLocation, _ key: String, _ problem: String, _ remedy: String = "") {
    errors.append(
      ConfigurationError(
        file: place.file, line: place.line > 0 ? place.line : nil, key: key, problem: problem, remedy: remedy)
    )
  }

  /// Notes something odd.
  func warn(_ place: SourceLocation, _ key: String, _ message: String) {
    warnings.append(
      ConfigurationWarning(
        file: place.file, line: place.line > 0 ? place.line : nil, key: key, message: message))
  }

  /// Notes what a setting came out as. `value` must not be a secret.
  func resolve(_ key: String, _ value: String, from source: String) {
    settings.append(ResolvedSetting(key: key, value: value, source: source))
  }

  /// Throws what was refused, if anything: source by source, each from its first line to its last.
  func throwIfRefused() throws(ConfigurationRefusal) {
    if errors.isEmpty { return }
    var files: [String] = []
    for error in errors where !files.contains(error.file) { files.append(error.file) }
    let sorted = files.flatMap { file in
      // Sorting by line keeps the order of equal lines: the standard library's sort is stable.
      errors.filter { $0.file == file }.sorted { $0.line ?? 0 < $1.line ?? 0 }
    }
    throw ConfigurationRefusal(errors: sorted)
  }

  /// The candidate that `name` was probably meant to be: at most a third of its letters differ, or it is the
  /// only one that `name` begins or ends, or that begins `name`.
  static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    guard name.utf8.count <= 64 else { return nil }
    let bound = max(1, name.count / 3)
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let distance = editDistance(Array(name.lowercased()), Array(candidate.lowercased()))
      if distance <= bound, distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    if let best { return best.candidate }
    let related = candidates.filter {
      name.count > 3 && ($0.hasPrefix(name) || name.hasPrefix($0) || $0.hasSuffix(name))
    }
    return related.count == 1 ? related.first : nil
  }

  /// Insertions, deletions, replacements and swaps of neighbours between two words.
  private static func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var before: [Int] = []
    var last = Array(0...right.count)
    for (row, character) in left.enumerated() {
      var next = [row + 1]
      for (column, other) in right.enumerated() {
        var cost = min(last[column] + (character == other ? 0 : 1), last[column + 1] + 1, next[column] + 1)
        if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
          cost = min(cost, before[column - 1] + 1)
        }
        next.append(cost)
      }
      (before, last) = (last, next)
    }
    return last[right.count]
  }
}
