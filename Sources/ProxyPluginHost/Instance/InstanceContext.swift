public import CLLMProxyPlugin
import Synchronization

/// The host's side of one instance: what `llmp_ctx_t` points at.
///
/// Lives from before `create` until after `destroy`. Everything that changes after `init` is either atomic or
/// written before the plugin sees the pointer, which is what makes it `@unchecked Sendable`.
public final class InstanceContext: @unchecked Sendable {
  /// Name of the stage, the API, or the module.
  public let name: StableText
  /// The code behind the instance. For a module's own context the component fields are empty.
  public let facts: ComponentFacts
  /// Number of the generation that was being built when the instance was created; 0 for a module.
  public let generationNumber: UInt64
  /// The APIs of that generation; empty for a module.
  public let apis: APIList
  /// What `HostInterface.attachment` gave for this instance.
  public private(set) var attachment: (any AnyObject & Sendable)?
  /// The stage this is the context of. Valid as long as the instance lives.
  public internal(set) unowned(unsafe) var stage: StageInstance?
  /// The provider this is the context of. Valid as long as the instance lives.
  public internal(set) unowned(unsafe) var provider: ProviderInstance?

  let host: HostInterface
  private let grants: Set<String>?
  private let providedMask: UInt64
  private let providedKeys: [llmp_key_t]
  private let settingUp = Atomic<Bool>(false)
  private let whenDrained = Mutex<(@Sendable () -> Void)?>(nil)

  init(
    name: String, facts: ComponentFacts, generationNumber: UInt64, apis: APIList, grants: [String]?,
    host: HostInterface
  ) {
    self.name = StableText(name)
    self.facts = facts
    self.generationNumber = generationNumber
    self.apis = apis
    self.host = host
    self.grants = grants.map(Set.init)
    let keys = facts.provides.map(MetaKeys.key(named:)).filter { $0 != 0 }
    providedKeys = keys.sorted()
    providedMask = keys.reduce(0) { $1 < 64 ? $0 | (1 << UInt64($1)) : $0 }
    attachment = host.attachment(self)
  }

  /// The context behind a pointer that a plugin handed back; `nil` for NULL. The plugin owes us a pointer we
  /// gave it: any other value is undefined behaviour, as in all C.
  @inlinable
  public static func of(_ pointer: UnsafeMutablePointer<llmp_ctx_t>?) -> InstanceContext? {
    guard let opaque = pointer?.pointee.opaque_ else { return nil }
    return Unmanaged<InstanceContext>.fromOpaque(opaque).takeUnretainedValue()
  }

  /// Whether the component lists `key` under `provides`, i.e. may write it. Loop-cheap.
  @inline(__always)
  public func mayWrite(_ key: llmp_key_t) -> Bool {
    key < 64 ? providedMask & (1 << UInt64(key)) != 0 : providedKeys.contains(key)
  }

  /// Whether the configuration lets this instance use a service. Granted is not the same as served.
  public func isGranted(_ service: String) -> Bool {
    grants?.contains(service) ?? true
  }

  /// Whether a lifecycle function that may call `[setup]` functions is running.
  public var isSettingUp: Bool { settingUp.load(ordering: .acquiring) }

  func setUp<T>(_ body: () -> T) -> T {
    settingUp.store(true, ordering: .releasing)
    defer { settingUp.store(false, ordering: .releasing) }
    return body()
  }

  /// Registers what happens when the plugin answers `drain`; runs at most once.
  func onDrained(_ action: @escaping @Sendable () -> Void) {
    whenDrained.withLock { $0 = action }
  }

  /// The plugin's `drained()`, or the end of the drain period: whichever comes first counts.
  func markDrained() {
    // The action is taken out under the lock and run outside it: it may destroy instances.
    let action = whenDrained.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    action?()
  }
}
