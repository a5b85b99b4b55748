public import ProxyCore

/// A question about usage: which exchanges, and how their sums are grouped.
public struct UsageQuery: Sendable {
  /// What sums are grouped by.
  public enum Group: String, Sendable, CaseIterable {
    /// Project.
    case project
    /// Access token.
    case token
    /// Model.
    case model
    /// Configured API.
    case provider
    /// Class of the status: 2 for 2xx; 0 when the client left before there was one.
    case status
    /// Calendar day, UTC.
    case day
    /// Hour, UTC.
    case hour
  }

  /// Most groupings at a time.
  public static let mostGroups = 3
  /// Most groups on a page.
  public static let pageLimit = 1000

  /// Grouping, the first one outermost; groups come in its order. None is one group of everything.
  public var groups: [Group]
  /// Hours that begin at this moment or later.
  public var from: Timestamp?
  /// Hours that begin before this moment.
  public var to: Timestamp?
  /// Only this project.
  public var projectID: String?
  /// Only this token.
  public var tokenID: String?
  /// Only this model.
  public var model: String?
  /// Only this configured API.
  public var provider: String?
  /// Only this class of status.
  public var statusClass: Int64?
  /// Groups on a page, 1 to `pageLimit`.
  public var limit = 100
  /// `next` of the page before.
  public var after: String?

  /// Everything, by `groups`.
  public init(_ groups: [Group] = []) {
    self.groups = groups
  }
}

/// Sums over some exchanges.
public struct UsageFigures: Sendable, Equatable {
  /// Exchanges.
  public var requests: Int64 = 0
  /// Of them, answered with 400 and above, or broken by the provider.
  public var errors: Int64 = 0
  /// Of them, with counts that the provider did not report.
  public var estimatedRequests: Int64 = 0
  /// Model tokens; see `UsageCounts`.
  public var counts = UsageCounts()
  /// Sum of the durations.
  public var durationMicroseconds: Int64 = 0
  /// What was charged to balances when it was used.
  public var chargedMicros: Int64 = 0
  /// The cost by the prices in force now, without rounding.
  public var cost = ExactAmount()
  /// Exchanges that used tokens of a model without a price.
  public var unpricedRequests: Int64 = 0

  /// Nothing.
  public init() {}

  /// The cost in micro-units; `nil` when tokens were used and none of them has a price.
  public var costMicros: Int64? {
    unpricedRequests > 0 && cost.millionths == 0 ? nil : cost.rounded
  }

  /// Mean duration in milliseconds.
  public var latencyMilliseconds: Double {
    requests == 0 ? 0 : Double(durationMicroseconds / requests) / 1000
  }

  /// Adds other sums.
  public static func += (left: inout UsageFigures, right: UsageFigures) {
    left.requests += right.requests
    left.errors += right.errors
    left.estimatedRequests += right.estimatedRequests
    left.counts.input &+= right.counts.input
    left.counts.output &+= right.counts.output
    left.counts.cachedInput &+= right.counts.cachedInput
    left.counts.reasoning &+= right.counts.reasoning
    left.counts.total &+= right.counts.total
    left.durationMicroseconds &+= right.durationMicroseconds
    left.chargedMicros &+= right.chargedMicros
    left.cost += right.cost
    left.unpricedRequests += right.unpricedRequests
  }
}

/// One group of a report.
public struct UsageGroup: Sendable, Equatable {
  /// A group.
  public init(keys: [Key], figures: UsageFigures) {
    self.keys = keys
    self.figures = figures
  }

  /// What the group has in common, in the order of the query's groups.
  public var keys: [Key]
  /// Its sums.
  public var figures: UsageFigures

  /// One thing the group has in common.
  public enum Key: Sendable, Equatable {
    /// Project; empty id when there was none. Its name, when it is known.
    case project(id: String, name: String?)
    /// Token; empty id when there was none. Its label, when it has one.
    case token(id: String, label: String?)
    /// Model; empty when none was named.
    case model(String)
    /// Configured API.
    case provider(String)
    /// Class of the status.
    case statusClass(Int64)
    /// First moment of the day.
    case day(Timestamp)
    /// First moment of the hour.
    case hour(Timestamp)
  }
}

/// The answer to a `UsageQuery`.
public struct UsageReport: Sendable {
  /// One page of groups.
  public var groups: [UsageGroup]
  /// Sums over all pages.
  public var totals: UsageFigures
  /// What to pass as `after` for the next page; `nil` on the last.
  public var next: String?
  /// Currency of all amounts.
  public var currency: String
}
