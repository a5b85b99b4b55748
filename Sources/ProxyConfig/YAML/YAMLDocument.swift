import ProxyCore
import Yams

/// Reads one YAML document into our own tree, within bounds, and fills variables in.
struct YAMLDocument {
  /// Deepest nesting that is read.
  static let maximumDepth = 32
  /// Most values of one document, those that aliases repeat included.
  static let maximumNodes = 50_000
  /// Most aliases of one document. Together they can repeat a value about 100,000 times at worst (3^(32/3)),
  /// which bounds the work before `maximumNodes` can be counted.
  static let maximumAliases = 32

  private let file: String
  private var interpolation: Interpolation
  private var nodes = 0
  /// Stops the walk at the first bound that is exceeded.
  private struct BoundExceeded: Error {}

  private let report: Report

  /// The root of the document, or `nil` after telling `report` why there is none.
  static func read(
    _ text: String, file: String, interpolation: inout Interpolation, report: Report
  ) -> YAMLNode? {
    var document = YAMLDocument(file: file, interpolation: interpolation, report: report)
    defer { interpolation = document.interpolation }
    guard document.isWithinBounds(text), let root = document.parse(text) else { return nil }
    do {
      return try document.convert(root, at: "", depth: 0)
    } catch {
      return nil  // The bound that was exceeded has been reported.
    }
  }

  private init(file: String, interpolation: Interpolation, report: Report) {
    self.file = file
    self.interpolation = interpolation
    self.report = report
  }

  private func isWithinBounds(_ text: String) -> Bool {
    let top = SourceLocation(file: file, line: 0)
    guard text.utf8.count <= BoundedFile.limitBytes else {
      report.refuse(top, "", "the file is larger than 1 MiB", "split it, or remove what is not configuration")
      return false
    }
    guard Self.countMarks("&", in: text) == 0 || Self.countMarks("*", in: text) <= Self.maximumAliases else {
      report.refuse(top, "", "the file has more than \(Self.maximumAliases) aliases", "write the values out")
      return false
    }
    return true
  }

  /// Occurrences of `mark` where an anchor or alias can stand; may count some in texts and comments too.
  private static func countMarks(_ mark: Character, in text: String) -> Int {
    let wanted = mark.asciiValue ?? 0
    var before = UInt8(ascii: "\n")
    var count = 0
    for byte in text.utf8 {
      if byte == wanted, " \t\r\n[{,:-?".utf8.contains(before) { count += 1 }
      before = byte
    }
    return count
  }

  private func parse(_ text: String) -> Node? {
    do {
      if let root = try Yams.compose(yaml: text, .default, .default, .utf8) { return root }
      report.refuse(
        SourceLocation(file: file, line: 0), "", "the file is empty",
        "write at least an apis: section, or remove the file")
    } catch let error as YamlError {
      report(error, in: text)
    } catch {
      report.refuse(SourceLocation(file: file, line: 0), "", "is not valid YAML", "")
    }
    return nil
  }

  private func report(_ error: YamlError, in text: String) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
      let place = SourceLocation(file: file, line: mark.line)
      let detail = [context?.text, problem].compactMap(\.self).joined(separator: " ")
      report.refuse(place, "", "this is not valid YAML (\(detail))", Self.remedy(at: mark.line, in: text))
    case .composer(_, let problem, let mark, _):
      report.refuse(
        SourceLocation(file: file, line: mark.line), "", "this is not valid YAML (\(problem))",
        "keep one document, and an anchor for each alias")
    case .duplicatedKeysInMapping(let names, let context):
      let place = SourceLocation(file: file, line: context.mark.line)
      report.refuse(place, names.first ?? "", "this key is written more than once", "keep one of them")
    case .reader(let problem, let offset, _, _):
      let before = text.utf8.prefix(offset ?? 0)
      let line = before.count { $0 == UInt8(ascii: "\n") } + 1
      report.refuse(SourceLocation(file: file, line: line), "", "this is not valid YAML (\(problem))")
    default:
      report.refuse(SourceLocation(file: file, line: 0), "", "the file is not valid YAML")
    }
  }

  /// What usually helps when the parser stops at `line` or just after it.
  private static func remedy(at line: Int, in text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let near = lines.indices.contains(line - 1) ? lines[line - 1] : ""
    if near.prefix(while: { $0.isWhitespace }).contains("\t") {
      return "indent with spaces, YAML takes no tabs"
    }
    if near.contains("${"), near.contains("[") || near.contains("{ ") {
      return "put quotes around ${…} inside [ ] and { }"
    }
    return "check indentation, quotes and brackets near this line"
  }

  private mutating func convert(_ node: Node, at path: String, depth: Int) throws(BoundExceeded) -> YAMLNode {
    let place = SourceLocation(file: file, line: node.mark?.line ?? 0)
    nodes += 1
    guard nodes <= Self.maximumNodes else {
      report.refuse(
        place, path, "the file has more than \(Self.maximumNodes) values",
        "make it smaller; aliases repeat what they name")
      throw BoundExceeded()
    }
    guard depth <= Self.maximumDepth else {
      report.refuse(place, "", "values are nested deeper than \(Self.maximumDepth) levels", "make it flatter")
      throw BoundExceeded()
    }
    switch node {
    case .scalar(let scalar):
      return YAMLNode(content: .scalar(convert(scalar, at: path, place)), place: place)
    case .sequence(let sequence):
      refuseTag(sequence.tag, unless: "seq", at: path, place)
      var items: [YAMLNode] = []
      for (index, item) in sequence.enumerated() {
        items.append(try convert(item, at: "\(path)[\(index)]", depth: depth + 1))
      }
      return YAMLNode(content: .sequence(items), place: place)
    case .mapping(let mapping):
      refuseTag(mapping.tag, unless: "map", at: path, place)
      return YAMLNode(content: .mapping(try entries(mapping, at: path, depth: depth)), place: place)
    case .alias:
      // The parser has put the named value in place of each alias, so this is not expected to happen.
      report.refuse(place, path, "an alias stands where a value is expected", "write the value out")
      throw BoundExceeded()
    }
  }

  private mutating func convert(_ scalar: Node.Scalar, at path: String, _ place: SourceLocation) -> YAMLScalar
  {
    // The type of plain text is decided by the core schema, not by the parser, which follows YAML 1.1.
    var result = YAMLScalar(
      text: scalar.string, written: scalar.string, isPlain: scalar.style == .plain || scalar.style == .any,
      tag: explicitTag(scalar, at: path, place), isInterpolated: false)
    do {
      (result.text, result.isInterpolated) = try interpolation.fill(scalar.string)
    } catch {
      report.refuse(place, path, error.problem, error.remedy)
      result.isFaulty = true
    }
    return result
  }

  private static let tagPrefix = "tag:yaml.org,2002:"

  private func explicitTag(_ scalar: Node.Scalar, at path: String, _ place: SourceLocation) -> String? {
    let name = scalar.tag.description
    // The parser gives quoted text without a tag the tag of a string.
    guard !name.isEmpty, scalar.style == .plain || name != Self.tagPrefix + "str" else { return nil }
    let known = ["str", "int", "float", "bool", "null"]
    if let tag = known.first(where: { name == Self.tagPrefix + $0 }) { return tag }
    if name == "!list" { return "list" }
    report.refuse(place, path, "the tag \(name) is not known", "remove the tag")
    return nil
  }

  private func refuseTag(_ tag: Tag, unless expected: String, at path: String, _ place: SourceLocation) {
    let name = tag.description
    guard !name.isEmpty, name != Self.tagPrefix + expected else { return }
    report.refuse(place, path, "the tag \(name) is not known", "remove the tag")
  }

  private mutating func entries(
    _ mapping: Node.Mapping, at path: String, depth: Int
  ) throws(BoundExceeded) -> [YAMLEntry] {
    var entries: [YAMLEntry] = []
    var names: Set<String> = []
    var merged: [YAMLEntry] = []
    for (keyNode, valueNode) in mapping {
      let place = SourceLocation(file: file, line: keyNode.mark?.line ?? 0)
      guard case .scalar(let key) = keyNode else {
        report.refuse(place, path, "a key is a list or a mapping", "use plain words as keys")
        continue
      }
      let keyPath = path.isEmpty ? key.string : "\(path).\(key.string)"
      let value = try convert(valueNode, at: keyPath, depth: depth + 1)
      if key.string == "<<", key.style == .plain {
        merged += mergedEntries(value)
      } else if names.insert(key.string).inserted {
        entries.append(YAMLEntry(key: key.string, place: place, value: value))
      } else {
        report.refuse(place, keyPath, "this key is written more than once", "keep one of them")
      }
    }
    for entry in merged where names.insert(entry.key).inserted { entries.append(entry) }
    return entries
  }

  /// What `<<: *name` or `<<: [*one, *two]` brings in; earlier ones win.
  private func mergedEntries(_ value: YAMLNode) -> [YAMLEntry] {
    switch value.content {
    case .mapping(let entries): return entries
    case .sequence(let items): return items.flatMap(mergedEntries)
    case .scalar:
      report.refuse(value.place, "<<", "only a mapping can be merged", "name an anchor of a mapping")
      return []
    }
  }
}
