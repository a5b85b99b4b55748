import CLLMProxyPlugin

/// What a file claims about itself in its `.llmp.stamp` section, readable before any of its code runs.
public struct PluginStamp: Sendable, Equatable {
  /// Major of the header it was built with.
  public let abiMajor: UInt32
  /// Minor of the header it was built with.
  public let abiMinor: UInt32
  /// Oldest host minor it can live with.
  public let minHostMinor: UInt32
  /// Module id.
  public let id: String
  /// Module version.
  public let version: String
  /// `c`, `swift-shared 6.3.1`, …
  public let runtime: String

  static let remedy =
    "add LLMP_STAMP(\"abi=\(LLMP_ABI_MAJOR).\(LLMP_ABI_MINOR);min=0;id=…;version=…;runtime=c\"), "
    + "as the header shows"

  /// Parses `abi=0.0;min=0;id=…;version=…;runtime=…`. Unknown keys are ignored:
  /// they may come from a newer SDK.
  init(_ section: [UInt8], file: String) throws(PluginError) {
    func failure(_ problem: String) -> PluginError {
      PluginError(.image, file, ".llmp.stamp \(problem)", remedy: Self.remedy)
    }
    let content = section.prefix { $0 != 0 }
    guard section[content.endIndex...].allSatisfy({ $0 == 0 }) else { throw failure("holds two texts") }
    guard let text = String(validating: content, as: UTF8.self) else { throw failure("is not UTF-8") }
    var fields: [String: String] = [:]
    for part in text.split(separator: ";") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard pair.count == 2 else { throw failure("holds \"\(part)\", expected key=value") }
      guard fields.updateValue(pair[1], forKey: pair[0]) == nil else { throw failure("repeats \(pair[0])=") }
    }
    for key in ["abi", "min", "id", "version", "runtime"] where fields[key]?.isEmpty ?? true {
      throw failure("\"\(text)\" has no \(key)=")
    }
    let abi = (fields["abi"] ?? "").split(separator: ".", omittingEmptySubsequences: false)
    guard abi.count == 2, let major = UInt32(abi[0]), let minor = UInt32(abi[1]) else {
      throw failure("has abi=\(fields["abi"] ?? ""), expected <major>.<minor>")
    }
    guard let min = UInt32(fields["min"] ?? "") else {
      throw failure("has min=\(fields["min"] ?? ""), expected a number")
    }
    abiMajor = major
    abiMinor = minor
    minHostMinor = min
    id = fields["id"] ?? ""
    version = fields["version"] ?? ""
    runtime = fields["runtime"] ?? ""
  }
}
