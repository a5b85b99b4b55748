import CLLMProxyPlugin

/// A stage or provider of a plan with the code and the settings it will be created from.
struct ResolvedPart {
  let place: PluginError.Place
  /// `pipeline[0] "limits"` or `apis.openai`.
  let subject: String
  let image: PluginImage
  let component: PluginComponent
  let config: String

  /// The error of a component that cannot stand where it was put.
  func wrongKind() -> PluginError {
    if case .unserved(let error) = component.hooks { return error.at(place, subject) }
    let isStage = if case .stage = place { true } else { false }
    return PluginError(
      .configuration, subject,
      "\(component.facts.fullName) is a \(isStage ? "provider" : "middleware"), "
        + (isStage ? "a stage needs a middleware" : "an API needs a provider"),
      remedy: isStage ? "use it under apis as adapter" : "use it as a stage of the pipeline", place: place)
  }

  /// Runs `body`; an error gets the place of this part.
  func placed<T>(_ body: () throws(PluginError) -> T) throws(PluginError) -> T {
    do throws(PluginError) {
      return try body()
    } catch {
      var placed = error
      placed.place = place
      throw placed
    }
  }

  /// Step 8 of loading: grants, JSON Schema, then the plugin's own `validate`.
  func checkSettings(host: HostInterface, grants: [String]?) throws(PluginError) {
    for service in component.facts.services {
      if let grants, !grants.contains(service) {
        throw PluginError(
          .configuration, subject,
          "\(component.facts.fullName) needs \(service), which services does not grant",
          remedy: "add \(service) to services", place: place)
      }
      guard host.service(service) != nil else {
        throw PluginError(
          .unserved, subject,
          "\(component.facts.fullName) needs \(service), which is not served by this host version",
          remedy: "update llm-proxy, or use another plugin", place: place)
      }
    }
    try checkSchema()
    guard let validate = component.descriptor.validate else { return }
    let text = StableText(config)
    let call = PluginCall.run { error in validate(text.slice, error) }
    if var failure = call.failure(.configuration, subject, "\(component.facts.file): validate") {
      failure.place = place
      throw failure
    }
  }

  private func checkSchema() throws(PluginError) {
    let value: JSONValue
    do {
      value = try JSONReader.read(config)
    } catch {
      throw PluginError(
        .configuration, subject, "config is not JSON: \(error)", remedy: "correct the stage's config",
        place: place)
    }
    let violations = component.schema.violations(of: value, path: "config")
    guard let first = violations.first else { return }
    throw PluginError(
      .configuration, subject, violations.prefix(3).map(\.problem).joined(separator: ", and "),
      remedy: first.remedy, place: place)
  }
}
