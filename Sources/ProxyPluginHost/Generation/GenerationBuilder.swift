import CLLMProxyPlugin

/// Builds generations: loads what the plan uses, checks the chain and the settings, creates the instances.
///
/// All or nothing: after an error everything that was created is destroyed again, in reverse order, and any
/// generation in force is untouched. Blocks (files, `dlopen`, plugin code): never call it on an event loop.
/// Calls must not overlap; lifecycle functions are serialized by the caller.
public struct GenerationBuilder: Sendable {
  /// Where images come from.
  public let library: PluginLibrary
  /// What instances are given.
  public let host: HostInterface

  /// Creates a builder.
  public init(library: PluginLibrary, host: HostInterface) {
    self.library = library
    self.host = host
  }

  /// Everything short of `create`: files, descriptors, order, settings. For `config check`.
  ///
  /// - Throws: the first reason why `build` would refuse this plan.
  public func check(_ plan: GenerationPlan) throws(PluginError) {
    _ = try resolve(plan)
  }

  /// Builds a generation; the caller then runs `start`, puts it in force and retires the previous one.
  ///
  /// - Parameters:
  ///   - number: counts up within the process.
  ///   - plan: what to build.
  ///   - previous: the generation in force, pinned by the caller for the duration of the call. Instances with
  ///     the same name, code and a `reconfigure` function are built from theirs.
  /// - Throws: the first refusal; `place` says which stage or API it belongs to.
  public func build(
    number: UInt64, plan: GenerationPlan, replacing previous: Generation? = nil
  ) throws(PluginError) -> Generation {
    let resolved = try resolve(plan)
    let apis = APIList(plan.providers)
    var stages: [StageInstance] = []
    var providers: [ProviderInstance] = []
    do throws(PluginError) {
      for (index, part) in resolved.stages.enumerated() {
        stages.append(try stage(plan.stages[index], index, part, number, apis, previous))
      }
      for (index, part) in resolved.providers.enumerated() {
        providers.append(try provider(plan.providers[index], index, part, number, apis, previous))
      }
    } catch {
      Generation.destroy(stages: stages, providers: providers)
      throw error
    }
    return Generation(number: number, stages: stages, providers: providers, apis: apis)
  }

  private func lifecycle(
    _ part: ResolvedPart, name: String, number: UInt64, apis: APIList, grants: [String]?
  ) throws(PluginError) -> InstanceLifecycle {
    let context = InstanceContext(
      name: name, facts: part.component.facts, generationNumber: number, apis: apis, grants: grants,
      host: host)
    do throws(PluginError) {
      return try InstanceLifecycle(
        image: part.image, component: part.component, context: context, config: part.config,
        subject: part.subject)
    } catch {
      throw error.at(part.place, part.subject)
    }
  }

  private func stage(
    _ plan: StagePlan, _ index: Int, _ part: ResolvedPart, _ number: UInt64, _ apis: APIList,
    _ previous: Generation?
  ) throws(PluginError) -> StageInstance {
    guard case .middleware(let vtable) = part.component.hooks else { throw part.wrongKind() }
    let lifecycle = try lifecycle(part, name: plan.name, number: number, apis: apis, grants: plan.services)
    let stage = StageInstance(
      plan: plan, index: index, vtable: vtable, lifecycle: lifecycle, shards: host.shards)
    let old = previous?.stages.first { $0.name == plan.name && lifecycle.canReconfigure(from: $0.lifecycle) }
    stage.inst = try part.placed { () throws(PluginError) in try lifecycle.create(from: old.map(\.inst)) }
    return stage
  }

  private func provider(
    _ plan: ProviderPlan, _ index: Int, _ part: ResolvedPart, _ number: UInt64, _ apis: APIList,
    _ previous: Generation?
  ) throws(PluginError) -> ProviderInstance {
    guard case .provider(let vtable, let observes) = part.component.hooks else { throw part.wrongKind() }
    let lifecycle = try lifecycle(part, name: plan.apiName, number: number, apis: apis, grants: plan.services)
    let provider = ProviderInstance(
      plan: plan, index: index, vtable: vtable, observes: observes, lifecycle: lifecycle, shards: host.shards)
    let old = previous?.providers.first {
      $0.name == plan.apiName && lifecycle.canReconfigure(from: $0.lifecycle)
    }
    provider.inst = try part.placed { () throws(PluginError) in try lifecycle.create(from: old.map(\.inst)) }
    return provider
  }
}
