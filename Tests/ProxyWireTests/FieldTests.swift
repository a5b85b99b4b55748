import ProxyWire
import Testing

@Suite struct FieldTests {
  @Test(arguments: KnownField.allCases)
  func `a known field is recognised in any case and no neighbour is mistaken for it`(field: KnownField) {
    guard field != .other else { return }
    let name = "\(field.name)"
    withBytes(name) { #expect(KnownField(name: $0) == field) }
    withBytes(name.uppercased()) { #expect(KnownField(name: $0) == field) }
    withBytes(name + "s") { #expect(KnownField(name: $0) == .other) }
    withBytes("x" + name) { #expect(KnownField(name: $0) != field) }
    var bytes = Array(name.utf8)
    for index in bytes.indices {
      let original = bytes[index]
      for value in UInt8.min...UInt8.max {
        bytes[index] = value
        let isSame = FieldRules.lowercased(value) == original
        let found = bytes.withUnsafeBytes { KnownField(name: $0) }
        #expect((found == field) == isSame, "\(bytes)")
      }
      bytes[index] = original
    }
  }

  @Test func `no name is no field`() {
    withBytes("") { #expect(KnownField(name: $0) == .other) }
    withBytes("a") { #expect(KnownField(name: $0) == .other) }
  }

  @Test func `token bytes are those of RFC 9110`() {
    let allowed = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for byte in UInt8.min...UInt8.max {
      #expect(FieldRules.isTokenByte(byte) == allowed.contains(byte), "\(byte)")
      [byte].withUnsafeBytes { #expect(FieldRules.isToken($0) == allowed.contains(byte), "\(byte)") }
    }
    withBytes("") { #expect(!FieldRules.isToken($0)) }
  }

  @Test func `value bytes are those of RFC 9110 at every place of a block`() {
    for length in [1, 15, 16, 17, 33] {
      for place in 0..<length {
        var bytes = [UInt8](repeating: 0x61, count: length)
        for byte in UInt8.min...UInt8.max {
          bytes[place] = byte
          let isAllowed = byte == 0x09 || (byte >= 0x20 && byte != 0x7f)
          #expect(bytes.withUnsafeBytes { FieldRules.isFieldValue($0) } == isAllowed)
        }
      }
    }
  }

  @Test func `target bytes are visible ASCII without what parsers quarrel over`() throws {
    let refused = Set("#<>\"\\`".utf8)
    for byte in UInt8.min...UInt8.max {
      let isAllowed = byte > 0x20 && byte < 0x7f && !refused.contains(byte)
      // An escape must be whole in a path, so the byte is looked at in a query.
      let message = Array("GET /?".utf8) + [byte] + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
      message.withUnsafeBytes { bytes in
        var request = RequestHead()
        let isAccepted = (try? request.parse(bytes)) != nil
        #expect(isAccepted == isAllowed, "\(byte)")
      }
    }
  }

  @Test func `lists are searched member by member`() {
    withBytes(" gzip , Chunked,, keep-alive ") { list in
      #expect(FieldRules.list(list, contains: "chunked"))
      #expect(FieldRules.list(list, contains: "gzip"))
      #expect(FieldRules.list(list, contains: "keep-alive"))
      #expect(!FieldRules.list(list, contains: "keep"))
    }
    withBytes("") { #expect(!FieldRules.list($0, contains: "a")) }
  }

  @Test func `case is ignored for letters and for nothing else`() {
    withBytes("A[z") { one in
      withBytes("a[Z") { #expect(FieldRules.equalsIgnoringCase(one, $0)) }
      withBytes("a{z") { #expect(!FieldRules.equalsIgnoringCase(one, $0)) }
      withBytes("a[") { #expect(!FieldRules.equalsIgnoringCase(one, $0)) }
    }
  }
}
