import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct PriceTests {
  @Test(arguments: [
    ("gpt-4o*", "gpt-4o-mini", true), ("gpt-4o", "gpt-4o-mini", false), ("*", "", true), ("", "", true),
    ("", "x", false), ("a?c", "abc", true), ("a?c", "ac", false), ("*mini*", "gpt-4o-mini-2024", true),
    ("*a*b", "aab", true), ("*a*b", "aba", false), ("gpt-5-20??-??-??", "gpt-5-2025-08-07", true),
    ("GPT*", "gpt-4", false), ("**", "anything", true), ("a*b*c", "abbbbcbc", true),
  ])
  func patternsMatchWholeNames(_ pattern: String, _ name: String, _ isMatch: Bool) {
    #expect(NamePattern(pattern).matches(name) == isMatch)
  }

  @Test func `a hostile pattern takes no exponential time`() {
    let pattern = NamePattern(String(repeating: "*a", count: 60) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 5000)))
  }

  @Test func `costs add up without drift and are rounded once`() {
    let price = ModelPrice(inputMicros: 150_000, cachedInputMicros: 75_000, outputMicros: 600_000)
    var sum = ExactAmount()
    for _ in 0..<1_000_000 { sum += price.cost(input: 1, cachedInput: 0, output: 0) }
    #expect(sum.rounded == 150_000 && sum == price.cost(input: 1_000_000, cachedInput: 0, output: 0))
    let one = price.cost(input: 3, cachedInput: 1, output: 1)  // 0.3 + 0.075 + 0.6
    #expect(one.millionths == 975_000 && one.rounded == 1 && one.roundedUp == 1)
    #expect(price.cost(input: 3, cachedInput: 0, output: 0).rounded == 0)
    #expect(price.cost(input: 3, cachedInput: 0, output: 0).roundedUp == 1)
    #expect(price.cost(input: 1, cachedInput: 5, output: -3).millionths == 75_000)
    #expect(price.cost(input: .max, cachedInput: 0, output: .max).rounded == 6_917_529_027_641_081_855)
    #expect(
      ModelPrice(inputMicros: .max, outputMicros: .max).cost(input: .max, cachedInput: 0, output: .max)
        .roundedUp == .max)
  }

  @Test func `the first entry that matches model and provider is in force`() {
    let own = PriceTable(entries: [
      PriceTable.Entry("gpt-4o", provider: "azure", ModelPrice(inputMicros: 1, outputMicros: 2)),
      PriceTable.Entry("llama*", ModelPrice(inputMicros: 0, outputMicros: 0)),
    ])
    #expect(own.price(model: "gpt-4o", provider: "azure")?.inputMicros == 1)
    #expect(own.price(model: "gpt-4o", provider: "openai")?.inputMicros == 2_500_000)
    #expect(own.price(model: "llama-3", provider: nil)?.outputMicros == 0)
    #expect(own.price(model: "gpt-4o-audio-preview", provider: "openai") == nil)
    #expect(own.price(model: "gpt-4o-2024-08-06", provider: nil)?.outputMicros == 10_000_000)
    let book = PriceBook(own)
    for index in 0..<10_000 { #expect(book.price(model: "m\(index)", provider: nil) == nil) }
    #expect(book.price(model: "gpt-4o", provider: "azure")?.inputMicros == 1)
  }
}
