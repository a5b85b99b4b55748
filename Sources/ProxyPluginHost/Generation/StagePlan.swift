/// What the configuration says about one stage of the chain.
public struct StagePlan: Sendable {
  /// Unique name in the chain; appears in logs, metrics and error answers.
  public var name: String
  /// `core.<component>`, `<module id>/<component>`.
  public var use: String
  /// The stage's own settings as a JSON object; empty means `{}`. Secrets stay references.
  public var configJSON: String
  /// What a failing hook means for the exchange.
  public var onError: FailurePolicy
  /// Longest time an exchange is held by `LLMP_PAUSE`, in nanoseconds.
  public var timeoutNanoseconds: UInt64
  /// Time one hook call may take before it is counted as over budget, in nanoseconds.
  public var hookBudgetNanoseconds: UInt64
  /// The only services this instance may ask for; `nil` means any that the host serves.
  public var services: [String]?
  /// The exchanges this stage sees; `nil` means all.
  public var when: StageCondition?

  /// Creates a plan with the defaults of the configuration reference: fail closed, 5 s pause, 5 ms budget.
  public init(
    name: String, use: String, configJSON: String = "", onError: FailurePolicy = .closed,
    timeoutNanoseconds: UInt64 = 5_000_000_000, hookBudgetNanoseconds: UInt64 = 5_000_000,
    services: [String]? = nil, when: StageCondition? = nil
  ) {
    self.name = name
    self.use = use
    self.configJSON = configJSON
    self.onError = onError
    self.timeoutNanoseconds = timeoutNanoseconds
    self.hookBudgetNanoseconds = hookBudgetNanoseconds
    self.services = services
    self.when = when
  }
}

/// What a failing stage means for the exchange it failed in.
public enum FailurePolicy: String, Sendable {
  /// The exchange ends with an error.
  case closed
  /// The exchange goes on as if the stage had returned `LLMP_CONTINUE`; the failure is counted.
  case open
}
/// Limits a stage to some exchanges (`when:`). Every list that is not empty must match.
public struct StageCondition: Sendable, Equatable {
  /// Operations such as `chat.completions`, compared exactly.
  public let operations: [String]
  /// Path prefixes, compared byte by byte with the percent-encoded path.
  public let pathPrefixes: [String]
  /// HTTP methods, compared exactly.
  public let methods: [String]

  private let operationBytes: [[UInt8]]
  private let prefixBytes: [[UInt8]]
  private let methodBytes: [[UInt8]]

  /// Creates a condition; three empty lists match everything.
  public init(operations: [String] = [], pathPrefixes: [String] = [], methods: [String] = []) {
    self.operations = operations
    self.pathPrefixes = pathPrefixes
    self.methods = methods
    operationBytes = operations.map { Array($0.utf8) }
    prefixBytes = pathPrefixes.map { Array($0.utf8) }
    methodBytes = methods.map { Array($0.utf8) }
  }

  /// Whether an exchange is seen by the stage. Allocates nothing; bytes are only read during the call.
  public func matches(
    operation: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer, method: UnsafeRawBufferPointer
  ) -> Bool {
    (operationBytes.isEmpty || operationBytes.contains { Self.isEqual($0, operation) })
      && (methodBytes.isEmpty || methodBytes.contains { Self.isEqual($0, method) })
      && (prefixBytes.isEmpty || prefixBytes.contains { Self.isPrefix($0, of: path) })
  }

  /// Whether every exchange that `other` matches is matched by this condition too.
  func covers(_ other: StageCondition) -> Bool {
    func isWithin(_ theirs: [String], _ mine: [String]) -> Bool {
      mine.isEmpty || !theirs.isEmpty && theirs.allSatisfy(mine.contains)
    }
    let pathsAreWithin =
      pathPrefixes.isEmpty
      || !other.pathPrefixes.isEmpty
        && other.pathPrefixes.allSatisfy { theirs in pathPrefixes.contains { theirs.hasPrefix($0) } }
    return isWithin(other.operations, operations) && isWithin(other.methods, methods) && pathsAreWithin
  }

  private static func isEqual(_ wanted: [UInt8], _ seen: UnsafeRawBufferPointer) -> Bool {
    wanted.count == seen.count && isPrefix(wanted, of: seen)
  }

  private static func isPrefix(_ wanted: [UInt8], of seen: UnsafeRawBufferPointer) -> Bool {
    guard wanted.count <= seen.count else { return false }
    for index in wanted.indices where wanted[index] != seen[index] { return false }
    return true
  }
}
