extension JSONSchema {
  /// One thing that is wrong with a value: where, what was seen, what is expected.
  struct Violation: Equatable {
    var problem: String
    var remedy: String
  }

  /// Everything that is wrong with `value`, outermost first; empty when it is valid.
  ///
  /// - Parameter path: how messages call the value, e.g. `config`.
  func violations(of value: JSONValue, path: String) -> [Violation] {
    if refusesEverything { return [Violation(problem: "\(path) is not allowed here", remedy: "remove it")] }
    if !types.isEmpty, !types.contains(where: { Self.isType($0, value) }) {
      let wanted = types.map(Self.article).joined(separator: " or ")
      return [Violation(problem: "\(path) is \(value), expected \(wanted)", remedy: "write \(wanted)")]
    }
    var found: [Violation] = []
    checkValue(value, path, &found)
    switch value {
    case .string(let text): checkString(text, value, path, &found)
    case .integer, .number: checkNumber(value, path, &found)
    case .array(let items): checkArray(items, path, &found)
    case .object(let members): checkObject(members, path, &found)
    default: break
    }
    return found
  }

  private static func isType(_ type: String, _ value: JSONValue) -> Bool {
    let actual = value.typeName
    return actual == type || (type == "number" && actual == "integer")
  }

  private static func article(_ type: String) -> String {
    type == "null" ? type : (["a", "i", "o"].contains(type.prefix(1)) ? "an " : "a ") + type
  }

  private func checkValue(_ value: JSONValue, _ path: String, _ found: inout [Violation]) {
    if let allowedValues, !allowedValues.contains(value) {
      var problem =
        "\(path) is \(value), expected one of " + allowedValues.map(\.description).joined(separator: ", ")
      if case .string(let text) = value {
        let names = allowedValues.compactMap { if case .string(let name) = $0 { name } else { nil } }
        problem += NearestName.hint(text, among: names)
      }
      found.append(Violation(problem: problem, remedy: "use one of the listed values"))
    }
    if let constant, constant != value {
      found.append(
        Violation(problem: "\(path) is \(value), expected \(constant)", remedy: "write \(constant)"))
    }
  }

  private func checkString(
    _ text: String, _ value: JSONValue, _ path: String, _ found: inout [Violation]
  ) {
    let length = text.unicodeScalars.count
    check(length, minLength, maxLength, "\(path) is \(value) with \(length) characters", "characters", &found)
    guard let pattern else { return }
    // The schema was refused at load unless this compiles; a `Regex` is not Sendable and cannot be kept.
    guard let regex = try? Regex(pattern), text.firstMatch(of: regex) == nil else { return }
    found.append(
      Violation(
        problem: "\(path) is \(value), expected a text that matches \"\(pattern)\"",
        remedy: "write a text that matches"))
  }

  private func checkNumber(_ value: JSONValue, _ path: String, _ found: inout [Violation]) {
    guard let number = value.asDouble else { return }
    func refuse(_ wanted: String, _ bound: Double) {
      let bound =
        JSONValue.number(bound).typeName == "integer" && abs(bound) < 1e15
        ? String(Int64(bound)) : "\(bound)"
      found.append(
        Violation(
          problem: "\(path) is \(value), expected \(wanted) \(bound)", remedy: "use \(wanted) \(bound)"))
    }
    if let minimum, number < minimum { refuse("at least", minimum) }
    if let maximum, number > maximum { refuse("at most", maximum) }
    if let exclusiveMinimum, number <= exclusiveMinimum { refuse("more than", exclusiveMinimum) }
    if let exclusiveMaximum, number >= exclusiveMaximum { refuse("less than", exclusiveMaximum) }
    if let multipleOf, (number / multipleOf).rounded() * multipleOf != number {
      refuse("a multiple of", multipleOf)
    }
  }

  private func checkArray(_ elements: [JSONValue], _ path: String, _ found: inout [Violation]) {
    check(elements.count, minItems, maxItems, "\(path) has \(elements.count) items", "items", &found)
    if uniqueItems {
      for (index, item) in elements.enumerated() where elements[..<index].contains(item) {
        found.append(Violation(problem: "\(path)[\(index)] repeats \(item)", remedy: "remove the repetition"))
      }
    }
    guard let items else { return }
    for (index, item) in elements.enumerated() {
      found += items.violations(of: item, path: "\(path)[\(index)]")
    }
  }

  private func checkObject(_ members: [JSONValue.Member], _ path: String, _ found: inout [Violation]) {
    let count = members.count
    check(count, minProperties, maxProperties, "\(path) has \(count) properties", "properties", &found)
    for name in required where !members.contains(where: { $0.name == name }) {
      found.append(Violation(problem: "\(path) has no \"\(name)\"", remedy: "add \"\(name)\""))
    }
    for member in members {
      let inner = "\(path).\(member.name)"
      if let schema = properties.first(where: { $0.name == member.name })?.schema {
        found += schema.violations(of: member.value, path: inner)
      } else if let additionalProperties {
        if additionalProperties.refusesEverything {
          found.append(unknown(member.name, path))
        } else {
          found += additionalProperties.violations(of: member.value, path: inner)
        }
      }
    }
  }

  private func unknown(_ name: String, _ path: String) -> Violation {
    let names = properties.map(\.name)
    return Violation(
      problem: "\(path) has an unknown property \"\(name)\"\(NearestName.hint(name, among: names))",
      remedy: names.isEmpty ? "remove it" : "known are: " + names.joined(separator: ", "))
  }

  private func check(
    _ count: Int, _ least: Int?, _ most: Int?, _ seen: String, _ unit: String, _ found: inout [Violation]
  ) {
    if let least, count < least {
      found.append(
        Violation(problem: "\(seen), expected at least \(least)", remedy: "use at least \(least) \(unit)"))
    }
    if let most, count > most {
      found.append(
        Violation(problem: "\(seen), expected at most \(most)", remedy: "use at most \(most) \(unit)"))
    }
  }
}
