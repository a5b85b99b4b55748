import CLLMProxyPlugin

extension GenerationBuilder {
  /// A plan whose every part was found, loaded and checked.
  struct Resolution {
    var stages: [ResolvedPart] = []
    var providers: [ResolvedPart] = []
  }

  /// Finds and loads the code, checks the order of the chain, then the settings of each part.
  func resolve(_ plan: GenerationPlan) throws(PluginError) -> Resolution {
    try ChainCheck.checkNames(plan.stages.map(\.name))
    let catalog = try library.scan()
    var resolution = Resolution()
    for (index, stage) in plan.stages.enumerated() {
      let subject = ChainCheck.subject(index, stage.name)
      let place = PluginError.Place.stage(index)
      let reference = try PluginCatalog.Reference(stage: stage.use, place: place, subject: subject)
      let part = try part(reference, place, subject, stage.configJSON, catalog)
      guard case .middleware = part.component.hooks else { throw part.wrongKind() }
      resolution.stages.append(part)
    }
    for (index, provider) in plan.providers.enumerated() {
      let subject = "apis.\(provider.apiName)"
      let place = PluginError.Place.provider(index)
      let reference = try PluginCatalog.Reference(adapter: provider.adapter, place: place, subject: subject)
      let part = try part(reference, place, subject, provider.configJSON, catalog)
      guard case .provider = part.component.hooks else { throw part.wrongKind() }
      resolution.providers.append(part)
    }
    try checkChain(plan, resolution)
    for (part, stage) in zip(resolution.stages, plan.stages) {
      try part.checkSettings(host: host, grants: stage.services)
    }
    for (part, provider) in zip(resolution.providers, plan.providers) {
      try part.checkSettings(host: host, grants: provider.services)
    }
    return resolution
  }

  private func checkChain(_ plan: GenerationPlan, _ resolution: Resolution) throws(PluginError) {
    let links = zip(plan.stages, resolution.stages).map { stage, part in
      ChainCheck.Link(
        name: stage.name, onError: stage.onError, when: stage.when,
        provides: part.component.facts.provides, consumes: part.component.facts.consumes)
    }
    let consumers = zip(plan.providers, resolution.providers).map { provider, part in
      (name: provider.apiName, consumes: part.component.facts.consumes)
    }
    try ChainCheck(links: links)
      .check(consumers: consumers, allowUnauthenticated: plan.allowUnauthenticated)
  }

  private func part(
    _ reference: PluginCatalog.Reference, _ place: PluginError.Place, _ subject: String, _ config: String,
    _ catalog: PluginCatalog
  ) throws(PluginError) -> ResolvedPart {
    let entry = try catalog.entry(reference, place: place, subject: subject)
    let image: PluginImage
    do throws(PluginError) {
      image = try library.load(path: entry.path)
    } catch {
      throw error.at(place, subject)
    }
    guard let component = image.parts.first(where: { $0.facts.name == reference.component }) else {
      let names = image.parts.map(\.facts.name)
      throw PluginError(
        .configuration, subject,
        "\(image.file) (\(entry.stamp.id)) has no component \"\(reference.component)\""
          + NearestName.hint(reference.component, among: names),
        remedy: "it has: " + names.joined(separator: ", "), place: place)
    }
    return ResolvedPart(
      place: place, subject: subject, image: image, component: component,
      config: config.isEmpty ? "{}" : config)
  }
}
