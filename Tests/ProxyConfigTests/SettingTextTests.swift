import ProxyCore
import Testing

@testable import ProxyConfig

@Suite("Values as text")
struct SettingTextTests {
  @Test(
    "durations in Go's syntax are read exactly",
    arguments: [
      ("0", .zero), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1h30m", .seconds(5_400)),
      ("100ms", .milliseconds(100)), ("1.5h", .seconds(5_400)), ("2d", .seconds(172_800)),
      ("-1s", .seconds(-1)),
      ("+3s", .seconds(3)), ("1µs", .microseconds(1)), ("1us", .microseconds(1)), ("7ns", .nanoseconds(7)),
      (".5s", .milliseconds(500)), ("1.s", .seconds(1)), ("1m0.25s", .milliseconds(60_250)),
      ("0.0000000001s", .zero), ("36500d", .seconds(36_500 * 86_400)),
    ] as [(String, Duration)])
  func goodDuration(text: String, expected: Duration) throws {
    #expect(try SettingText.duration(text) == expected)
  }

  @Test(
    "what is no duration is refused",
    arguments: [
      "", "s", "30", "30 s", "1h 30m", ".s", "-", "--1s", "1..5s", "1.5.5s", "10x", "１s", "1e3s", "1s-1s",
      "36501d", "9223372036854775807ns", "9223372036854775808ns", "300000d", "99999999999999999999h", "0x10s",
    ])
  func badDuration(text: String) {
    #expect(throws: SettingProblem.self) { try SettingText.duration(text) }
  }

  @Test(
    "durations are shown as they would be written",
    arguments: ["0s", "30s", "1m", "1h30m", "100ms", "25h1s", "7ns"])
  func shownDuration(text: String) throws {
    #expect(SettingText.describe(try SettingText.duration(text)) == text)
  }

  @Test(
    "sizes are read with and without units",
    arguments: [
      ("0", 0), ("10", 10), ("10MB", 10_000_000), ("32MiB", 33_554_432), ("1kb", 1_000), ("1 KiB", 1_024),
      ("2GB", 2_000_000_000), ("1.5KiB", 1_536), ("7B", 7), ("9223372036854775807", Int.max),
    ])
  func goodSize(text: String, expected: Int) throws {
    #expect(try SettingText.byteSize(text) == expected)
  }

  @Test(
    "what is no size is refused",
    arguments: [
      "", "MB", "-1", "10M", "10 MB x", "1e3", "9223372036854775808", "99999999999GB", "1,5MB", ".", ". MB",
    ])
  func badSize(text: String) {
    #expect(throws: SettingProblem.self) { try SettingText.byteSize(text) }
  }

  @Test("booleans are the words of Go's ParseBool and no others")
  func booleans() throws {
    for text in ["1", "t", "T", "true", "TRUE", "True"] { #expect(try SettingText.boolean(text)) }
    for text in ["0", "f", "F", "false", "FALSE", "False"] { #expect(try !SettingText.boolean(text)) }
    for text in ["", "yes", "no", "on", "tRUE", " true", "2"] {
      #expect(throws: SettingProblem.self) { try SettingText.boolean(text) }
    }
  }

  @Test("whole numbers keep to their range")
  func integers() throws {
    #expect(try SettingText.integer("7", in: 1...10) == 7)
    for text in ["", "0", "11", "1.0", "+5", "0x5", "5 ", "99999999999999999999"] {
      #expect(throws: SettingProblem.self) { try SettingText.integer(text, in: 1...10) }
    }
  }

  @Test("seconds are a number or a duration")
  func seconds() throws {
    #expect(try SettingText.seconds("86400") == 86_400)
    #expect(try SettingText.seconds("24h") == 86_400)
    #expect(throws: SettingProblem.self) { try SettingText.seconds("-5") }
    #expect(throws: SettingProblem.self) { try SettingText.seconds("-5s") }
  }

  @Test("a key is 32 bytes in standard base64")
  func key() throws {
    let key = try SettingText.key("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    #expect(key == Secret("0123456789abcdef0123456789abcdef"))
    let bad = [
      "", "MDEy", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
      "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZW=Y",
      "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZ_8=", "====",
      "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY====",
    ]
    for text in bad { #expect(throws: SettingProblem.self, "\(text)") { try SettingText.key(text) } }
  }

  @Test(
    "listen addresses",
    arguments: [
      (":8080", "", 8_080), ("localhost:80", "localhost", 80), ("0.0.0.0:0", "0.0.0.0", 0),
      ("[::1]:8080", "::1", 8_080),
      ("[::]:65535", "::", 65_535),
    ])
  func listen(text: String, host: String, port: Int) throws {
    let address = try ListenAddress(parsing: text)
    #expect(address == ListenAddress(host: host, port: port))
    #expect(address.description == text)
  }

  @Test(
    "what is no listen address is refused",
    arguments: [
      "", "8080", "a", ":", ":x", ":65536", "::1:80", "[::1]", "[::1", "[a]:1", "a b:1", ":-1", "[]:1",
    ])
  func badListen(text: String) {
    #expect(throws: SettingProblem.self) { try ListenAddress(parsing: text) }
  }

  @Test(
    "provider addresses keep their path, without a trailing /v1",
    arguments: [
      ("https://api.openai.com", "https://api.openai.com"),
      ("https://api.openai.com/", "https://api.openai.com"),
      ("https://api.openai.com/v1", "https://api.openai.com"),
      ("HTTP://A.Example:80/v1/", "http://a.example"),
      ("http://a.example:8080/x/v1", "http://a.example:8080/x"),
      ("https://a.example/v1/x", "https://a.example/v1/x"),
      ("https://[2001:DB8::1]:444//", "https://[2001:db8::1]:444"),
      ("https://a.example/a%20b", "https://a.example/a%20b"),
    ])
  func origin(text: String, expected: String) throws {
    #expect(try UpstreamOrigin(parsing: text).description == expected)
  }

  @Test("patterns follow Go's path.Match")
  func patterns() {
    for text in ["gpt-4o", "gpt-*", "[a-z]", "[^x]", "a?", "\\[", "[\\]]", ""] {
      #expect(PathRules.isPattern(text), "\(text)")
    }
    for text in ["[", "[]", "[]a]", "[a", "a\\", "[-]", "[a-]", "[^]"] {
      #expect(!PathRules.isPattern(text), "\(text)")
    }
  }

  @Test(
    "plain values have the types of YAML 1.2",
    arguments: [
      ("", YAMLScalar.Resolved.null), ("~", .null), ("null", .null), ("NULL", .null), ("nUll", .string),
      ("true", .bool(true)), ("False", .bool(false)), ("yes", .string), ("on", .string), ("n", .string),
      ("0", .integer("0")), ("-0", .integer("0")), ("007", .integer("7")), ("+12", .integer("12")),
      ("-12", .integer("-12")),
      ("0x1F", .integer("31")), ("0o17", .integer("15")), ("017", .integer("17")), ("0b1", .string),
      ("0x", .string),
      ("0xfffffffffffffffff", .tooLarge),
      ("123456789012345678901234567890", .integer("123456789012345678901234567890")),
      ("1.5", .float("1.5")), (".5", .float("0.5")), ("1.", .float("1.0")), ("1e3", .float("1e3")),
      ("1E+3", .float("1e+3")),
      ("-.5e-1", .float("-0.5e-1")), (".", .string), ("1e", .string), ("1_000", .string),
      ("12:30:45", .string),
      ("2024-05-01", .string), (".inf", .notFinite), ("-.INF", .notFinite), (".nan", .notFinite),
      ("１", .string),
      ("0o8", .string), ("1.2.3", .string), ("--1", .string), ("=", .string), ("<<", .string),
    ])
  func coreSchema(text: String, expected: YAMLScalar.Resolved) {
    let scalar = YAMLScalar(text: text, written: text, isPlain: true, isInterpolated: false)
    #expect(scalar.resolved == expected)
    let quoted = YAMLScalar(text: text, written: text, isPlain: false, isInterpolated: false)
    #expect(quoted.resolved == .string)
  }

  @Test("JSON texts escape what JSON requires")
  func jsonString() {
    #expect(
      JSONWriter.string("a\"b\\c\n\r\t\u{0}\u{1f}\u{7f}é😀")
        == "\"a\\\"b\\\\c\\n\\r\\t\\u0000\\u001f\\u007fé😀\"")
  }

  @Test("the nearest name is close, or the only one that continues the word")
  func nearest() {
    let names = ["base_url", "api_key", "allowed_methods", "max_idle_conns", "max_idle_conns_per_host"]
    #expect(Report.nearest(to: "base_ulr", among: names) == "base_url")
    #expect(Report.nearest(to: "Base_URL", among: names) == "base_url")
    #expect(Report.nearest(to: "allowed", among: names) == "allowed_methods")
    #expect(Report.nearest(to: "max_idle", among: names) == nil)
    #expect(Report.nearest(to: "zebra", among: names) == nil)
    #expect(Report.nearest(to: "", among: names) == nil)
    #expect(Report.nearest(to: String(repeating: "a", count: 100_000), among: names) == nil)
  }
}
