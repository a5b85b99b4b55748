internal import ProxyCore
internal import Synchronization

/// A policy in force: one instance for each distinct text, shared by all projects and tokens that have it.
///
/// Immutable. Any thread.
public final class Policy: Sendable {
  /// Names the text: equal numbers are equal texts for the life of the process, and no number is used again.
  public let number: UInt64
  /// Which members it has.
  public let members: PolicyMembers
  /// Requests a minute; 0 is no limit.
  public let requestsPerMinute: Int64
  /// Tokens of the model a minute; 0 is no limit.
  public let tokensPerMinute: Int64
  /// Requests at a time; 0 is no limit.
  public let concurrency: Int64
  // Written once, in `init`; freed with the object.
  private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

  private static let numbers = Atomic<UInt64>(1)

  /// A policy of this text; rules that cannot be read make one that lets nothing pass.
  init(text: String, rules: PolicyRules?) {
    number = Self.numbers.add(1, ordering: .relaxed).oldValue
    members = rules.map { PolicyMembers($0) } ?? .unreadable
    requestsPerMinute = rules?.requestsPerMinute ?? 0
    tokensPerMinute = rules?.tokensPerMinute ?? 0
    concurrency = rules?.concurrency ?? 0
    storage = .allocate(byteCount: text.utf8.count, alignment: 1)
    storage.copyBytes(from: text.utf8)
  }

  deinit { storage.deallocate() }

  /// The JSON text, at an address that is good for as long as the object is held.
  public var text: UnsafeRawBufferPointer { UnsafeRawBufferPointer(storage) }

  /// What it says; `nil` when it cannot be read. Parsed anew: not for traffic.
  public var rules: PolicyRules? {
    // What is wrong with a text that somebody wrote past this program does not matter here.
    try? PolicyRules(stored: String(decoding: text, as: UTF8.self))
  }
}

extension PolicyRules {
  /// Reads a `policy` column.
  init(stored text: String) throws {
    try self.init(JSONReader.onlyValue(of: Array(text.utf8)))
  }

  /// Reads a `metadata` column.
  init(storedMetadata text: String) throws {
    try self.init(metadata: JSONReader.onlyValue(of: Array(text.utf8)))
  }
}

/// The policies of one row: its own, and the headers its metadata require.
struct OwnPolicies: Sendable {
  var policy: Policy?
  var metadata: Policy?

  var isEmpty: Bool { policy == nil && metadata == nil }
}
