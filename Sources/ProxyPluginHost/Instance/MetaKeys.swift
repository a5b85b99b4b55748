public import CLLMProxyPlugin
import Synchronization

/// Names of metadata keys. Keys below 1024 are fixed by the header; others are interned once per process and
/// keep their number until it ends, so that generations that live side by side agree on them.
public enum MetaKeys {
  /// First interned key.
  public static let firstInterned: llmp_key_t = 1024
  /// Most interned names; a plugin that makes up names per request would otherwise fill memory.
  public static let internedLimit = 4096

  /// The keys of the header, by name.
  static let fixed: [(name: String, key: llmp_key_t)] = [
    ("llmp.token_id", LLMP_META_TOKEN_ID),
    ("llmp.project_id", LLMP_META_PROJECT_ID),
    ("llmp.tenant_id", LLMP_META_TENANT_ID),
    ("llmp.model", LLMP_META_MODEL),
    ("llmp.model_resolved", LLMP_META_MODEL_RESOLVED),
    ("llmp.provider", LLMP_META_PROVIDER),
    ("llmp.stream", LLMP_META_STREAM),
    ("llmp.tokens_est", LLMP_META_TOKENS_EST),
    ("llmp.cost_micros", LLMP_META_COST_MICROS),
    ("llmp.cache_status", LLMP_META_CACHE_STATUS),
    ("llmp.deny_reason", LLMP_META_DENY_REASON),
  ]

  /// What the host itself knows before the first stage runs. `llmp.operation` is an attribute, but a stage
  /// may say that it needs it.
  public static let providedByHost: Set<String> = ["llmp.model", "llmp.stream", "llmp.operation"]

  private static let interned = Mutex<[String: llmp_key_t]>([:])

  /// The key of a name, interning it when it is new; 0 (no key) when the table is full or the name is empty.
  /// Thread-safe.
  public static func key(named name: String) -> llmp_key_t {
    if let entry = fixed.first(where: { $0.name == name }) { return entry.key }
    guard !name.isEmpty else { return 0 }
    return interned.withLock { table in
      if let key = table[name] { return key }
      guard table.count < internedLimit else { return 0 }
      let key = firstInterned + llmp_key_t(table.count)
      table[name] = key
      return key
    }
  }

  /// The name of a key, for messages; `nil` when it was never interned. Thread-safe.
  public static func name(of key: llmp_key_t) -> String? {
    if let entry = fixed.first(where: { $0.key == key }) { return entry.name }
    return interned.withLock { $0.first { $0.value == key }?.key }
  }
}
