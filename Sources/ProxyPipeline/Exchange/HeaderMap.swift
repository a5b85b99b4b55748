import CLLMProxyPlugin
import ProxyWire

/// A field that was not received but added by a stage or the host.
struct AddedField {
  var name: Slice
  var value: Slice
}

/// A received head with the edits made to it.
///
/// Edits are recorded beside the received bytes: what nobody touched is copied to the other side as it
/// came, run by run. At most 128 received fields (the codec refuses more than 100).
struct HeaderMap {
  /// First byte of the received head; nil when this map has no received part.
  var base: UnsafePointer<UInt8>?
  var fields: ContiguousArray<FieldSlot> = []
  private(set) var added: ContiguousArray<AddedField> = []
  /// Names to take away from a head that has not been received yet.
  private var removals: ContiguousArray<Slice> = []
  /// One bit for each length that a name here may have, the last one for all that are longer: most names that are
  /// looked for are not there, and this says so without looking at any.
  private var lengths: UInt64 = 0
  private var removedLow: UInt64 = 0
  private var removedHigh: UInt64 = 0

  mutating func reset() {
    base = nil
    removals.removeAll(keepingCapacity: true)
    fields = []
    added.removeAll(keepingCapacity: true)
    lengths = 0
    removedLow = 0
    removedHigh = 0
  }

  /// Gives back memory that is kept for more fields to come.
  mutating func compact() {
    added = added.withUnsafeBufferPointer { ContiguousArray($0) }
    removals = []
  }

  /// Gives the map its received part; what was set or removed before applies to it.
  mutating func attach(base: UnsafePointer<UInt8>?, fields received: ContiguousArray<FieldSlot>) {
    self.base = base
    // Shared with whoever parsed the head, and given back in `reset` before the next one is parsed.
    fields = received
    for field in received { lengths |= Self.bit(Int(field.nameLength)) }
    removedLow = 0
    removedHigh = 0
    for name in removals { removeReceived(name) }
  }

  private static func bit(_ length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }

  private func mayHold(_ name: Slice) -> Bool { lengths & Self.bit(name.count) != 0 }

  func isRemoved(_ index: Int) -> Bool {
    index < 64 ? removedLow & (1 << UInt64(index)) != 0 : removedHigh & (1 << UInt64(index - 64)) != 0
  }

  mutating func markRemoved(_ index: Int) {
    if index < 64 {
      removedLow |= 1 << UInt64(index)
    } else {
      removedHigh |= 1 << UInt64(index - 64)
    }
  }

  /// Number of fields present.
  var count: Int {
    fields.count - removedLow.nonzeroBitCount - removedHigh.nonzeroBitCount + added.count
  }

  func name(_ field: FieldSlot) -> Slice {
    guard let base else { return Slice() }
    return Slice(start: base + Int(field.nameStart), count: Int(field.nameLength))
  }

  func value(_ field: FieldSlot) -> Slice {
    guard let base else { return Slice() }
    return Slice(start: base + Int(field.valueStart), count: Int(field.valueLength))
  }

  /// The `position`th field present, received ones first.
  func field(at position: Int) -> AddedField? {
    var left = position
    for index in fields.indices where !isRemoved(index) {
      if left == 0 { return AddedField(name: name(fields[index]), value: value(fields[index])) }
      left -= 1
    }
    return left >= 0 && left < added.count ? added[left] : nil
  }

  /// Value of the `nth` field of that name (any case).
  func get(_ wanted: Slice, nth: Int = 0) -> Slice? {
    guard mayHold(wanted) else { return nil }
    var left = nth
    for index in fields.indices where Int(fields[index].nameLength) == wanted.count {
      guard !isRemoved(index), equalsIgnoringCase(name(fields[index]), wanted) else { continue }
      if left == 0 { return value(fields[index]) }
      left -= 1
    }
    for field in added where field.name.count == wanted.count {
      guard equalsIgnoringCase(field.name, wanted) else { continue }
      if left == 0 { return field.value }
      left -= 1
    }
    return nil
  }

  /// Removes every field of that name; returns whether there was one.
  @discardableResult
  mutating func remove(_ wanted: Slice) -> Bool {
    if base == nil { removals.append(wanted) }
    guard mayHold(wanted) else { return false }
    var found = removeReceived(wanted)
    var index = added.count
    while index > 0 {
      index -= 1
      if added[index].name.count == wanted.count, equalsIgnoringCase(added[index].name, wanted) {
        added.remove(at: index)
        found = true
      }
    }
    return found
  }

  /// Adds a field, or puts it in the place of all of that name. Both slices must live as long as the exchange.
  mutating func set(_ name: Slice, _ value: Slice, replaces: Bool) {
    if replaces { remove(name) }
    add(name: name, value: value)
  }

  /// Removes the received fields of that name, keeping what stages added.
  @discardableResult
  mutating func removeReceived(_ wanted: Slice) -> Bool {
    guard mayHold(wanted) else { return false }
    var found = false
    for index in fields.indices where Int(fields[index].nameLength) == wanted.count {
      if !isRemoved(index), equalsIgnoringCase(name(fields[index]), wanted) {
        markRemoved(index)
        found = true
      }
    }
    return found
  }

  /// Adds a field; both slices must live as long as the exchange.
  mutating func add(name: Slice, value: Slice) {
    lengths |= Self.bit(name.count)
    added.append(AddedField(name: name, value: value))
  }

  /// Adds fields before all others that were added.
  mutating func insertFirst(_ fields: ContiguousArray<AddedField>) {
    for field in fields { lengths |= Self.bit(field.name.count) }
    added.insert(contentsOf: fields, at: 0)
  }

  /// Forgets the received head and what was to be taken from it; what was added stays.
  mutating func detach() {
    let added = added
    reset()
    for field in added { add(name: field.name, value: field.value) }
  }

  /// Takes fields in the place of the received ones: what was to be taken from those is taken from these.
  mutating func adopt(_ fields: ContiguousArray<AddedField>) {
    let removals = removals
    detach()
    insertFirst(
      fields.filter { field in
        !removals.contains { $0.count == field.name.count && equalsIgnoringCase($0, field.name) }
      })
    self.removals = removals
  }

  /// Upper bound of the bytes that `write` needs.
  var byteBound: Int {
    var total = 0
    if let last = fields.last, let first = fields.first { total += Int(last.lineEnd - first.lineStart) }
    for field in added { total += field.name.count + field.value.count + 4 }
    return total
  }

  /// Writes all fields, each ending in CRLF, and returns the end.
  func write(to out: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    var cursor = out
    if let base {
      var index = 0
      while index < fields.count {
        if isRemoved(index) {
          index += 1
          continue
        }
        let runStart = Int(fields[index].lineStart)
        var runEnd = Int(fields[index].lineEnd)
        index += 1
        while index < fields.count, !isRemoved(index), Int(fields[index].lineStart) == runEnd {
          runEnd = Int(fields[index].lineEnd)
          index += 1
        }
        cursor.update(from: base + runStart, count: runEnd - runStart)
        cursor += runEnd - runStart
      }
    }
    for field in added { cursor = writeField(field.name, field.value, to: cursor) }
    return cursor
  }
}

/// Writes `name: value CRLF`.
func writeField(_ name: Slice, _ value: Slice, to out: UnsafeMutablePointer<UInt8>)
  -> UnsafeMutablePointer<UInt8>
{
  var cursor = writeSlice(name, to: out)
  cursor[0] = UInt8(ascii: ":")
  cursor[1] = UInt8(ascii: " ")
  cursor = writeSlice(value, to: cursor + 2)
  cursor[0] = 13
  cursor[1] = 10
  return cursor + 2
}

/// Writes the bytes and returns the end.
func writeSlice(_ slice: Slice, to out: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
  if let start = slice.start, slice.count > 0 { out.update(from: start, count: slice.count) }
  return out + slice.count
}

/// Writes a decimal number and returns the end; needs up to 20 bytes.
func writeDecimal(_ value: UInt64, to out: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
  var digits = 1
  var rest = value
  while rest >= 10 {
    digits += 1
    rest /= 10
  }
  rest = value
  var index = digits - 1
  while index >= 0 {
    out[index] = 48 + UInt8(truncatingIfNeeded: rest % 10)
    rest /= 10
    index -= 1
  }
  return out + digits
}

/// Writes a number in hexadecimal and returns the end; needs up to 16 bytes.
func writeHex(_ value: Int, to out: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
  var digits = 1
  while digits < 16, value >> (4 * digits) != 0 { digits += 1 }
  for index in 0..<digits {
    let nibble = UInt8(truncatingIfNeeded: value >> (4 * (digits - 1 - index))) & 15
    out[index] = nibble < 10 ? 48 + nibble : 87 + nibble
  }
  return out + digits
}

/// ASCII case-insensitive comparison, for field names.
func equalsIgnoringCase(_ left: Slice, _ right: Slice) -> Bool {
  guard left.count == right.count, let first = left.start, let second = right.start else {
    return left.count == right.count
  }
  for index in 0..<left.count where first[index] != second[index] {
    if FieldRules.lowercased(first[index]) != FieldRules.lowercased(second[index]) { return false }
  }
  return true
}
