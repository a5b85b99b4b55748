/// Which names of models get roll-ups of their own. Names come from clients, and each new one makes rows that
/// are kept for years: after so many in a day the rest is summed up under one name. The writer only.
struct ModelNames {
  /// Different names a day.
  static let most = 1000
  /// The name of the rest.
  static let other = "(other)"

  private var day: Int64 = -1
  private var names: Set<String> = []

  /// The name to sum `model` up under.
  mutating func name(for model: String?, startedMilliseconds: Int64) -> String {
    guard let model, !model.isEmpty else { return "" }
    guard model.utf8.count <= UsageRollup.modelLength else { return Self.other }
    let today = startedMilliseconds / UsageRollup.dayMilliseconds
    if today > day {
      day = today
      names.removeAll()
    }
    if names.contains(model) { return model }
    guard names.count < Self.most else { return Self.other }
    names.insert(model)
    return model
  }
}
