/// What a model costs, in micro-units of the currency for a million model tokens.
public struct ModelPrice: Sendable, Equatable {
  /// Tokens read.
  public var inputMicros: Int64
  /// Tokens read that the provider had cached.
  public var cachedInputMicros: Int64
  /// Tokens written, reasoning included.
  public var outputMicros: Int64

  /// A price; cached input costs as much as other input unless it is given.
  public init(inputMicros: Int64, cachedInputMicros: Int64? = nil, outputMicros: Int64) {
    self.inputMicros = inputMicros
    self.cachedInputMicros = cachedInputMicros ?? inputMicros
    self.outputMicros = outputMicros
  }

  /// The cost of some model tokens. `cachedInput` is part of `input`; negative counts are none.
  public func cost(input: Int64, cachedInput: Int64, output: Int64) -> ExactAmount {
    let cached = min(max(0, cachedInput), max(0, input))
    return ExactAmount(
      millionths: Self.product(max(0, input) - cached, inputMicros)
        + Self.product(cached, cachedInputMicros) + Self.product(max(0, output), outputMicros))
  }

  private static func product(_ count: Int64, _ price: Int64) -> UInt128 {
    UInt128(UInt64(count)) * UInt128(UInt64(max(0, price)))
  }
}
