import CLLMProxyPlugin

/// Typed values that the stages of one exchange share, under the keys of the header.
///
/// A handful of entries, so a linear search beats any table. Strings live in the exchange's arena.
struct Metadata {
  enum Value {
    case text(Slice)
    case integer(Int64)
    case real(Double)
  }

  private var entries: ContiguousArray<(key: llmp_key_t, value: Value)> = []

  mutating func reset() {
    entries.removeAll(keepingCapacity: true)
  }

  subscript(key: llmp_key_t) -> Value? {
    for entry in entries where entry.key == key { return entry.value }
    return nil
  }

  func text(_ key: llmp_key_t) -> Slice? {
    if case .text(let slice)? = self[key] { return slice }
    return nil
  }

  mutating func set(_ key: llmp_key_t, _ value: Value) {
    for index in entries.indices where entries[index].key == key {
      entries[index].value = value
      return
    }
    entries.append((key, value))
  }
}
