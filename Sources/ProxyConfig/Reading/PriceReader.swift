import ProxyCore

/// Reads `prices:`.
struct PriceReader {
  let settings: SettingReader
  /// Names of the configured APIs, which an entry may be for.
  let apis: [String]

  private var report: Report { settings.report }

  func read(_ section: Section?) -> PriceTable {
    let standard = PriceTable()
    let currency = settings.value(
      "prices.currency", in: section, default: standard.currency, show: \.self, Self.currency)
    let reserved = settings.integer(
      "prices.reserved_output_tokens", in: section, default: Int(standard.reservedOutputTokens),
      range: 0...10_000_000)
    var includesBuiltIn = settings.boolean("prices.built_in", in: section, default: true)
    if currency != standard.currency, includesBuiltIn {
      if section?.node("built_in") != nil, let place = section?.place(of: "built_in") {
        report.refuse(
          place, "prices.built_in", "the built-in prices are in \(standard.currency), not \(currency)",
          "write false, and prices of your own")
      }
      includesBuiltIn = false
    }
    let entries = section.flatMap { section in section.node("models").map { read($0) } } ?? []
    return PriceTable(
      currency: currency, entries: entries, includesBuiltIn: includesBuiltIn,
      reservedOutputTokens: Int64(reserved))
  }

  private func read(_ node: YAMLNode) -> [PriceTable.Entry] {
    guard case .sequence(let items) = node.content else {
      report.refuse(
        node.place, "prices.models", "this is \(node.shape), not a list",
        "write a list: - { match: \"gpt-4o*\", input_per_million: 2.50, output_per_million: 10 }")
      return []
    }
    var entries: [PriceTable.Entry] = []
    for (index, item) in items.enumerated() {
      guard let entry = entry(item, path: "prices.models[\(index)]") else { continue }
      if entries.contains(where: { $0.match == entry.match && $0.provider == entry.provider }) {
        report.refuse(
          item.place, "prices.models[\(index)].match",
          "\"\(entry.match.text)\" is the pattern of an earlier entry, which always wins",
          "remove one of them")
      }
      entries.append(entry)
      report.resolve(
        "prices.models[\(index)]", Self.describe(entry), from: item.place.description)
    }
    return entries
  }

  private func entry(_ node: YAMLNode, path: String) -> PriceTable.Entry? {
    guard let section = Section(node, path: path, pattern: "prices.models[]", report: report) else {
      return nil
    }
    let match = section.value("match", Self.pattern)
    let provider = section.value("provider") { (text: String) throws(SettingProblem) in text }
    if let provider, !apis.contains(provider), let place = section.place(of: "provider") {
      let nearest = Report.nearest(to: provider, among: apis)
      report.refuse(
        place, section.fullPath("provider"), "\"\(provider)\" is not a configured API",
        nearest.map { "did you mean \"\($0)\"?" } ?? "write one of \(apis.joined(separator: ", "))")
    }
    let input = required("input_per_million", section, node)
    let cached = section.value("cached_input_per_million", Self.micros)
    let output = required("output_per_million", section, node)
    if section.node("match") == nil {
      report.refuse(
        node.place, section.fullPath("match"), "this is required", "write a pattern, such as gpt-4o*")
    }
    guard let match, let input, let output else { return nil }
    return PriceTable.Entry(
      match, provider: provider,
      ModelPrice(inputMicros: input, cachedInputMicros: cached, outputMicros: output))
  }

  private func required(_ key: String, _ section: Section, _ node: YAMLNode) -> Int64? {
    if section.node(key) == nil {
      report.refuse(
        node.place, section.fullPath(key), "this is required",
        "write the price of a million model tokens, such as 2.50")
    }
    return section.value(key, Self.micros)
  }

  // MARK: values

  private static func currency(_ text: String) throws(SettingProblem) -> String {
    guard text.utf8.count == 3, text.utf8.allSatisfy({ (65...90).contains($0) }) else {
      throw SettingProblem("is not a currency", "write its three letters, such as USD")
    }
    return text
  }

  private static func pattern(_ text: String) throws(SettingProblem) -> String {
    guard !text.isEmpty, text.utf8.count <= 128 else {
      throw SettingProblem("is not a pattern", "write 1 to 128 characters, such as gpt-4o*")
    }
    guard !text.contains(where: { "[]\\".contains($0) }) else {
      throw SettingProblem(
        "has brackets, which are no patterns here", "use * for any text and ? for one letter")
    }
    return text
  }

  /// A decimal number of the currency in micro-units, exactly.
  static func micros(_ text: String) throws(SettingProblem) -> Int64 {
    let remedy = "write a decimal number from 0 to 1000000 with at most 6 places, such as 2.50"
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = parts.count > 1 ? String(parts[1]) : ""
    guard let first = parts.first, !first.isEmpty, parts.count == 1 || !fraction.isEmpty,
      (first + fraction).utf8.allSatisfy({ (48...57).contains($0) })
    else { throw SettingProblem("is not a price", remedy) }
    guard fraction.utf8.count <= 6 else { throw SettingProblem("is finer than a micro-unit", remedy) }
    let digits = fraction + String(repeating: "0", count: 6 - fraction.utf8.count)
    guard first.utf8.count <= 7, let whole = Int64(first), let rest = Int64(digits),
      whole * 1_000_000 + rest <= 1_000_000_000_000
    else { throw SettingProblem("is out of range", remedy) }
    return whole * 1_000_000 + rest
  }

  private static func describe(_ entry: PriceTable.Entry) -> String {
    let provider = entry.provider.map { "\($0)/" } ?? ""
    let price = entry.price
    return "\(provider)\(entry.match.text): \(price.inputMicros) in, \(price.cachedInputMicros) cached, "
      + "\(price.outputMicros) out, in micro-units for a million tokens"
  }
}
