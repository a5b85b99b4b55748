/// Which plugin files may be loaded (`plugins.trust`).
public enum PluginTrust: Sendable, Equatable {
  /// Every file that passes the other checks.
  case any
  /// Only files whose SHA-256 is listed: lower-case hexadecimal by file name.
  case pinned([String: String])

  /// Reads the setting.
  ///
  /// - Parameters:
  ///   - mode: `any`, `pinned` or `signed`.
  ///   - hashes: SHA-256 by file name, for `pinned`.
  /// - Throws: for `signed`, which this host version does not check, for an unknown mode, and for a hash that
  ///   is not 64 hexadecimal digits.
  public init(mode: String, hashes: [String: String] = [:]) throws(PluginError) {
    switch mode {
    case "any":
      self = .any
    case "pinned":
      var pinned: [String: String] = [:]
      for (file, hash) in hashes {
        let lower = hash.lowercased()
        guard lower.utf8.count == 64, lower.utf8.allSatisfy(Self.isHexDigit) else {
          throw PluginError(
            .trust, file, "sha256 \"\(hash)\" is not 64 hexadecimal digits",
            remedy: "write what `sha256sum \(file)` prints")
        }
        pinned[file] = lower
      }
      self = .pinned(pinned)
    case "signed":
      throw PluginError(
        .trust, "plugins.trust", "\"signed\" is not served by this host version: it cannot check signatures",
        remedy: "use \"pinned\" with the sha256 of every file, or \"any\"")
    default:
      throw PluginError(
        .trust, "plugins.trust", "unknown mode \"\(mode)\"", remedy: "use \"any\" or \"pinned\"")
    }
  }

  /// Throws unless a file with this hash may be loaded.
  func check(file: String, sha256: String) throws(PluginError) {
    guard case .pinned(let hashes) = self else { return }
    guard let wanted = hashes[file] else {
      throw PluginError(
        .trust, file, "is not listed under plugins.files, and plugins.trust is \"pinned\"",
        remedy: "add { file: \(file), sha256: \(sha256) } if you trust this file")
    }
    guard wanted == sha256 else {
      throw PluginError(
        .trust, file, "sha256 is \(sha256), pinned is \(wanted)",
        remedy: "restore the pinned file, or pin the new hash if you trust it")
    }
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
  }
}
