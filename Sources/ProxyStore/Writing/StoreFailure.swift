/// What fails, since when, and whether it is only the reading.
struct StoreFailure: Sendable {
  var reason: String
  var since: Timestamp
  var isFromReading: Bool
}
