import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct ValueTests {
  @Test(arguments: [
    ("2025-11-02 10:11:12.123456789+00:00", "2025-11-02T10:11:12.123456789Z"),
    ("2025-11-02 10:11:12.5-05:00", "2025-11-02T15:11:12.5Z"),
    ("2025-11-02T10:11:12+05:30", "2025-11-02T04:41:12Z"),
    ("2025-11-02 10:11:12", "2025-11-02T10:11:12Z"),
    ("2025-11-02T10:11", "2025-11-02T10:11:00Z"),
    ("2025-11-02", "2025-11-02T00:00:00Z"),
    ("2025-11-02T10:11:12.5Z", "2025-11-02T10:11:12.5Z"),
    ("2025-11-02 10:11:12 +0200", "2025-11-02T08:11:12Z"),
    ("1969-12-31 23:59:59.999+00:00", "1969-12-31T23:59:59.999Z"),
    ("2024-02-29 23:59:59-00:01", "2024-03-01T00:00:59Z"),
    ("9999-12-31 23:59:59.999999999+00:00", "9999-12-31T23:59:59.999999999Z"),
  ])
  func `times of the Go program's driver are read`(text: String, expected: String) throws {
    let moment = try #require(Timestamp(databaseText: text))
    #expect(moment.rfc3339 == expected)
    #expect(Timestamp(databaseText: moment.databaseText) == moment)
  }

  @Test(arguments: [
    "", "x", "2025-13-01", "2025-11-02 25:00", "2025-11-02 10:11:12.+00:00", "2025-11-02 10:11:12+0",
    "20251102",
  ])
  func `other texts are no times`(text: String) {
    #expect(Timestamp(databaseText: text) == nil)
  }

  @Test func `integers in a time column are seconds, or milliseconds when large`() {
    #expect(Timestamp(databaseInteger: 1_700_000_000).rfc3339 == "2023-11-14T22:13:20Z")
    #expect(Timestamp(databaseInteger: 1_700_000_000_500).rfc3339 == "2023-11-14T22:13:20.5Z")
    #expect(Timestamp(milliseconds: -1).rfc3339 == "1969-12-31T23:59:59.999Z")
    #expect(Timestamp(milliseconds: -1).milliseconds == -1)
    #expect(Timestamp(seconds: 5).advanced(by: .milliseconds(-500)).rfc3339 == "1970-01-01T00:00:04.5Z")
  }

  @Test func `secrets have the Go program's form and are all different`() {
    var seen: Set<String> = []
    for _ in 0..<1000 {
      let text = TokenSecret.random().revealText()
      #expect(TokenSecret.isWellFormed(text))
      seen.insert(text)
    }
    #expect(seen.count == 1000)
    for bad in [
      "sk-", "sk-AZXoqqqrcQiKT3_p9k9bR", "sk-AZXoqqqrcQiKT3_p9k9bRQQ", "sk-AZXoqqqrcQiKT3+p9k9bRQ",
      "pk-AZXoqqqrcQiKT3_p9k9bRQ",
    ] {
      #expect(!TokenSecret.isWellFormed(bad))
    }
  }

  @Test func `hashes are lower-case hex SHA-256 and read back`() throws {
    let hash = try #require("sk-AZXoqqqrcQiKT3_p9k9bRQ".tokenHash)
    #expect(hash.hex.count == 64)
    #expect(hash.hex.tokenHash == hash)
    #expect(hash.hex.uppercased().tokenHash == nil)
    let known = [UInt8]("abc".utf8).withUnsafeBytes { TokenHash(secret: $0) }
    #expect(known.hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func `keys are masked as the Go program masks them`() {
    #expect(Mask.key("abcd") == "****")
    #expect(Mask.key("abcdefgh") == "ab******")
    #expect(Mask.key("sk-upstream-key-0123456789abcdef") == "sk-upstr...cdef")
    #expect(TokenSecret.masked(Secret("sk-AZXoqqqrcQiKT3_p9k9bRQ")) == "sk-AZXo**************9bRQ")
    #expect(TokenSecret.masked(Secret("whatever")) == TokenSecret.unknownMask)
  }

  @Test(arguments: ["", "abc", "c2hvcnQ=", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWZn", "not base64!"])
  func `a key of another length or form is refused with the remedy`(text: String) {
    do {
      _ = try SealingKey(base64: text)
      Issue.record("\(text) was taken")
    } catch {
      #expect(error.description.contains("ENCRYPTION_KEY") && error.description.contains("openssl rand"))
    }
  }

  @Test func `sealing is reversible, salted and authenticated`() throws {
    let key = try SealingKey(base64: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    let sealed = try key.seal(Secret("sk-provider"))
    #expect(sealed.hasPrefix("enc:v1:"))
    #expect(try key.seal(Secret("sk-provider")) != sealed)
    #expect(key.open(sealed) == Secret("sk-provider"))
    #expect(key.open(sealed.dropLast(8) + "AAAAAAA=") == nil)
    #expect(key.open("enc:v1:AAAA") == nil)
    #expect(try key.seal(Secret("")) == "")
    #expect("\(key)" == "••••")
    // Made with the Go program's format by another implementation: nonce, ciphertext, tag.
    #expect(StoredProviderKey(column: "plain", sealingKey: key) == .readable(Secret("plain")))
  }

  @Test func `UUID text survives its packed form`() {
    for _ in 0..<100 {
      let text = UUIDText.random()
      var copy = text
      let bits = copy.withUTF8 { UUIDText.parse(UnsafeRawBufferPointer($0)) }
      #expect(bits.map(UUIDText.string) == text)
    }
    for bad in ["", "7B1C2D3E-0000-4000-8000-000000000001", "7b1c2d3e-0000-4000-8000-00000000000g"] {
      var copy = bad
      #expect(copy.withUTF8 { UUIDText.parse(UnsafeRawBufferPointer($0)) } == nil)
    }
  }

  @Test func `leases are a small part of what remains`() {
    #expect(
      [0, 1, 31, 32, 64, 3200, 1_000_000].map { LeasePolicy.block(remaining: $0) } == [
        0, 1, 1, 1, 2, 100, 1000,
      ])
    #expect(LeasePolicy.grant(remaining: 3, lease: 0, demand: 64) == 3)
    #expect(LeasePolicy.grant(remaining: 6400, lease: 150, demand: 0) == 50)
    #expect(LeasePolicy.grant(remaining: 6400, lease: 300, demand: 0) == 0)
    #expect(LeasePolicy.grant(remaining: 0, lease: 0, demand: 9) == 0)
  }
}
