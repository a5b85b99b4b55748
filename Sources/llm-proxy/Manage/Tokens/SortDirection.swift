import ArgumentParser

/// Which end of an order comes first.
enum SortDirection: String, ExpressibleByArgument, CaseIterable {
  /// The smallest first.
  case asc
  /// The largest first.
  case desc
}
