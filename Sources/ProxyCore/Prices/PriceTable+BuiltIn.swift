extension PriceTable {
  /// The day on which the built-in prices were written down.
  public static let builtInDate = "2025-11-01"

  /// OpenAI's list prices of text models (standard tier) in USD as of `builtInDate`, more particular names
  /// first. Models that are billed by other things than text tokens (audio, images, realtime, search) are
  /// left out on purpose: a wrong price is worse than none. The configuration's entries come before these.
  static let builtIn: [Entry] = [
    Entry("gpt-5*-pro*", ModelPrice(inputMicros: 15_000_000, outputMicros: 120_000_000)),
    Entry(
      "gpt-5-mini*", ModelPrice(inputMicros: 250_000, cachedInputMicros: 25_000, outputMicros: 2_000_000)),
    Entry("gpt-5-nano*", ModelPrice(inputMicros: 50_000, cachedInputMicros: 5_000, outputMicros: 400_000)),
    Entry("gpt-5", ModelPrice(inputMicros: 1_250_000, cachedInputMicros: 125_000, outputMicros: 10_000_000)),
    Entry(
      "gpt-5-20??-??-??",
      ModelPrice(inputMicros: 1_250_000, cachedInputMicros: 125_000, outputMicros: 10_000_000)),
    Entry(
      "gpt-5-chat-latest",
      ModelPrice(inputMicros: 1_250_000, cachedInputMicros: 125_000, outputMicros: 10_000_000)),
    Entry(
      "gpt-5-codex", ModelPrice(inputMicros: 1_250_000, cachedInputMicros: 125_000, outputMicros: 10_000_000)),
    Entry(
      "gpt-5.1*", ModelPrice(inputMicros: 1_250_000, cachedInputMicros: 125_000, outputMicros: 10_000_000)),
    Entry("gpt-4.1", ModelPrice(inputMicros: 2_000_000, cachedInputMicros: 500_000, outputMicros: 8_000_000)),
    Entry(
      "gpt-4.1-20??-??-??",
      ModelPrice(inputMicros: 2_000_000, cachedInputMicros: 500_000, outputMicros: 8_000_000)),
    Entry(
      "gpt-4.1-mini*", ModelPrice(inputMicros: 400_000, cachedInputMicros: 100_000, outputMicros: 1_600_000)),
    Entry(
      "gpt-4.1-nano*", ModelPrice(inputMicros: 100_000, cachedInputMicros: 25_000, outputMicros: 400_000)),
    Entry("gpt-4o-2024-05-13", ModelPrice(inputMicros: 5_000_000, outputMicros: 15_000_000)),
    Entry(
      "gpt-4o", ModelPrice(inputMicros: 2_500_000, cachedInputMicros: 1_250_000, outputMicros: 10_000_000)),
    Entry(
      "gpt-4o-20??-??-??",
      ModelPrice(inputMicros: 2_500_000, cachedInputMicros: 1_250_000, outputMicros: 10_000_000)),
    Entry("chatgpt-4o-latest", ModelPrice(inputMicros: 5_000_000, outputMicros: 15_000_000)),
    Entry("gpt-4o-mini", ModelPrice(inputMicros: 150_000, cachedInputMicros: 75_000, outputMicros: 600_000)),
    Entry(
      "gpt-4o-mini-20??-??-??",
      ModelPrice(inputMicros: 150_000, cachedInputMicros: 75_000, outputMicros: 600_000)),
    Entry("o1-pro*", ModelPrice(inputMicros: 150_000_000, outputMicros: 600_000_000)),
    Entry(
      "o1-mini*", ModelPrice(inputMicros: 1_100_000, cachedInputMicros: 550_000, outputMicros: 4_400_000)),
    Entry("o1", ModelPrice(inputMicros: 15_000_000, cachedInputMicros: 7_500_000, outputMicros: 60_000_000)),
    Entry(
      "o1-20??-??-??",
      ModelPrice(inputMicros: 15_000_000, cachedInputMicros: 7_500_000, outputMicros: 60_000_000)),
    Entry(
      "o1-preview*",
      ModelPrice(inputMicros: 15_000_000, cachedInputMicros: 7_500_000, outputMicros: 60_000_000)),
    Entry("o3-pro*", ModelPrice(inputMicros: 20_000_000, outputMicros: 80_000_000)),
    Entry(
      "o3-mini*", ModelPrice(inputMicros: 1_100_000, cachedInputMicros: 550_000, outputMicros: 4_400_000)),
    Entry("o3", ModelPrice(inputMicros: 2_000_000, cachedInputMicros: 500_000, outputMicros: 8_000_000)),
    Entry(
      "o3-20??-??-??", ModelPrice(inputMicros: 2_000_000, cachedInputMicros: 500_000, outputMicros: 8_000_000)
    ),
    Entry("o4-mini", ModelPrice(inputMicros: 1_100_000, cachedInputMicros: 275_000, outputMicros: 4_400_000)),
    Entry(
      "o4-mini-20??-??-??",
      ModelPrice(inputMicros: 1_100_000, cachedInputMicros: 275_000, outputMicros: 4_400_000)),
    Entry("gpt-4-turbo*", ModelPrice(inputMicros: 10_000_000, outputMicros: 30_000_000)),
    Entry("gpt-4-32k*", ModelPrice(inputMicros: 60_000_000, outputMicros: 120_000_000)),
    Entry("gpt-4", ModelPrice(inputMicros: 30_000_000, outputMicros: 60_000_000)),
    Entry("gpt-4-0613", ModelPrice(inputMicros: 30_000_000, outputMicros: 60_000_000)),
    Entry("gpt-3.5-turbo-instruct", ModelPrice(inputMicros: 1_500_000, outputMicros: 2_000_000)),
    Entry("gpt-3.5-turbo*", ModelPrice(inputMicros: 500_000, outputMicros: 1_500_000)),
    Entry("text-embedding-3-small", ModelPrice(inputMicros: 20_000, outputMicros: 0)),
    Entry("text-embedding-3-large", ModelPrice(inputMicros: 130_000, outputMicros: 0)),
    Entry("text-embedding-ada-002", ModelPrice(inputMicros: 100_000, outputMicros: 0)),
    Entry("omni-moderation-*", ModelPrice(inputMicros: 0, outputMicros: 0)),
    Entry("text-moderation-*", ModelPrice(inputMicros: 0, outputMicros: 0)),
  ]
}
