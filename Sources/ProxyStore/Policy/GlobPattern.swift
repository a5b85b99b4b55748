/// A pattern with the meaning of Go's `path.Match`, which is the one that stages match by: `*` is any run of
/// characters without `/`, `?` one of them, `[a-z]` and `[^a-z]` sets, `\` takes the next character as it is.
struct GlobPattern: Sendable, Equatable {
  private enum Step: Sendable, Equatable {
    case star
    case any
    case scalar(Unicode.Scalar)
    case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
  }

  private let steps: [Step]

  /// Reads a pattern; `nil` when it is malformed and would match nothing.
  init?(_ text: String) {
    var reader = Reader(rest: Array(text.unicodeScalars)[...])
    var steps: [Step] = []
    while !reader.rest.isEmpty {
      guard let step = reader.step() else { return nil }
      if step == .star, steps.last == .star { continue }
      steps.append(step)
    }
    self.steps = steps
  }

  /// Tells whether the whole of `text` matches.
  func matches(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    var (at, step) = (0, 0)
    // Where to go on when what follows the last star does not fit.
    var retry: (at: Int, step: Int)?
    while at < scalars.count || step < steps.count {
      if step < steps.count, steps[step] == .star {
        step += 1
        retry = (at, step)
      } else if at < scalars.count, step < steps.count, Self.fits(steps[step], scalars[at]) {
        at += 1
        step += 1
      } else if let last = retry, last.at < scalars.count, scalars[last.at] != "/" {
        retry = (last.at + 1, last.step)
        (at, step) = (last.at + 1, last.step)
      } else {
        return false
      }
    }
    return true
  }

  /// True when every text that `other` matches is matched by this one too, as far as that can be told: an
  /// equal pattern, a text without wildcards that matches, or a longer beginning before the one star.
  func covers(_ other: GlobPattern) -> Bool {
    if self == other { return true }
    if let literal = other.literal { return matches(literal) }
    guard steps.last == .star, !steps.dropLast().contains(where: { $0 == .star }) else { return false }
    let beginning = steps.dropLast()
    return other.steps.starts(with: beginning)
      && !other.steps.dropFirst(beginning.count).contains(where: Self.mayMatchSlash)
  }

  /// The one text it matches, when it has no wildcards.
  private var literal: String? {
    var text = String.UnicodeScalarView()
    for step in steps {
      guard case .scalar(let scalar) = step else { return nil }
      text.append(scalar)
    }
    return String(text)
  }

  private static func fits(_ step: Step, _ scalar: Unicode.Scalar) -> Bool {
    switch step {
    case .star: false
    case .any: scalar != "/"
    case .scalar(let wanted): scalar == wanted
    case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
    }
  }

  private static func mayMatchSlash(_ step: Step) -> Bool {
    switch step {
    case .star, .any: false
    case .scalar, .set: fits(step, "/")
    }
  }

  private struct Reader {
    var rest: ArraySlice<Unicode.Scalar>

    mutating func step() -> Step? {
      guard let first = rest.popFirst() else { return nil }
      switch first {
      case "*": return .star
      case "?": return .any
      case "[": return set()
      case "\\": return rest.popFirst().map { .scalar($0) }
      default: return .scalar(first)
      }
    }

    private mutating func set() -> Step? {
      let isNegated = rest.first == "^"
      if isNegated { rest.removeFirst() }
      var ranges: [ClosedRange<Unicode.Scalar>] = []
      while true {
        if rest.first == "]", !ranges.isEmpty {
          rest.removeFirst()
          return .set(ranges, isNegated: isNegated)
        }
        guard let low = character() else { return nil }
        var high = low
        if rest.first == "-" {
          rest.removeFirst()
          guard let end = character() else { return nil }
          high = end
        }
        // An empty range matches nothing and is not malformed.
        if low <= high { ranges.append(low...high) } else { ranges.append("\0"..."\0") }
      }
    }

    /// One character of a set; something has to follow it, at the least the bracket.
    private mutating func character() -> Unicode.Scalar? {
      guard let first = rest.first, first != "-", first != "]" else { return nil }
      rest.removeFirst()
      let character = first == "\\" ? rest.popFirst() : first
      return rest.isEmpty ? nil : character
    }
  }
}
