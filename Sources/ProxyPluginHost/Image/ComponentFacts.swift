public import CLLMProxyPlugin

/// What is known of the code behind an instance; the same for every instance of a component.
public struct ComponentFacts: Sendable {
  /// File name in the plugin directory.
  public var file: String
  /// The private copy that is mapped.
  public var imagePath: String
  /// SHA-256 of the file, 64 lower-case hexadecimal digits.
  public var sha256: String
  /// Module id, reverse DNS.
  public var moduleID: String
  /// Semantic version of the module.
  public var moduleVersion: String
  /// Minor of the header the module was built with.
  public var abiMinor: UInt32
  /// `c`, `swift-shared 6.3.1`, …
  public var runtime: String
  /// For people; may be empty.
  public var vendor: String
  /// For people; may be empty.
  public var license: String
  /// Compiler and commit; for people; may be empty.
  public var build: String
  /// Name of the component within the module.
  public var name: String
  /// One sentence; may be empty.
  public var summary: String
  /// `LLMP_KIND_*`.
  public var kind: llmp_kind_t
  /// `LLMP_COMP_*`.
  public var flags: UInt32
  /// Metadata keys it writes, by name.
  public var provides: [String]
  /// Metadata keys it needs, by name.
  public var consumes: [String]
  /// Host services it needs, by id.
  public var services: [String]
  /// JSON Schema of its settings as text; empty when it has none.
  public var configSchema = ""

  /// Whether its hooks must run on the blocking pool.
  public var mayBlock: Bool { flags & LLMP_COMP_MAY_BLOCK != 0 }
  /// `<module id>/<component>`, as `use:` spells it.
  public var fullName: String { "\(moduleID)/\(name)" }
}
