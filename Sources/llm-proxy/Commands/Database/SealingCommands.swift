import ArgumentParser
import Foundation
import ProxyStore

/// `llm-proxy migrate encrypt`.
struct EncryptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encrypt", abstract: "Seal provider keys that lie in clear, and hash tokens that do.",
    discussion: """
      Seals with ENCRYPTION_KEY, in one transaction. What is sealed or hashed stays as it is, so it may be \
      repeated. No server may have the file open.
      """)

  @OptionGroup var options: DatabaseOptions

  func run() async throws {
    try options.run {
      let key = try options.requiredKey()
      let done = try options.file().seal(with: key)
      return (
        SealingSummary(done),
        """
        provider keys sealed: \(done.newlySealedKeys)
        provider keys sealed before: \(done.unchangedKeys)
        tokens hashed: \(done.hashedTokens)
        """
      )
    }
  }
}

/// `llm-proxy migrate encrypt-status`.
struct EncryptStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encrypt-status", abstract: "Count what is sealed, hashed and in clear.",
    discussion: """
      With ENCRYPTION_KEY set it also tells whether that key opens the sealed ones. Changes nothing; a server may \
      run meanwhile.
      """)

  private struct Report: Encodable {
    var sealedKeys: Int
    var unreadableKeys: Int
    var plainKeys: Int
    var hashedTokens: Int
    var plainTokens: Int
    var hasEncryptionKey: Bool
  }

  @OptionGroup var options: DatabaseOptions

  func run() async throws {
    try options.run {
      let key = try options.key("ENCRYPTION_KEY")
      let found = try options.file().sealingStatus(key: key)
      var lines =
        key == nil
        ? ["provider keys sealed: \(found.unreadableKeys) (ENCRYPTION_KEY is not set, so not opened)"]
        : [
          "provider keys sealed with ENCRYPTION_KEY: \(found.sealedKeys)",
          "provider keys sealed with another key: \(found.unreadableKeys)",
        ]
      lines += [
        "provider keys in clear: \(found.plainKeys)", "tokens hashed: \(found.hashedTokens)",
        "tokens in clear: \(found.plainTokens)",
      ]
      if found.plainKeys > 0 || found.plainTokens > 0 {
        lines.append("warning: secrets lie in clear; seal them with: llm-proxy migrate encrypt")
      }
      if key != nil, found.unreadableKeys > 0 {
        lines.append("warning: ENCRYPTION_KEY does not open \(found.unreadableKeys) of the provider keys")
      }
      return (
        Report(
          sealedKeys: found.sealedKeys, unreadableKeys: found.unreadableKeys, plainKeys: found.plainKeys,
          hashedTokens: found.hashedTokens, plainTokens: found.plainTokens, hasEncryptionKey: key != nil),
        lines.joined(separator: "\n")
      )
    }
  }
}

/// `llm-proxy migrate rotate-key`.
struct RotateKeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate-key", abstract: "Seal every provider key anew, with another key.",
    discussion: """
      From ENCRYPTION_KEY to NEW_ENCRYPTION_KEY (or --new-key-file), in one transaction: all of them or none. Keys \
      that the new key opens already stay, so it may be repeated. Refused while a key opens with neither of the \
      two, and while a server has the file open: it would go on with the old key. Afterwards set ENCRYPTION_KEY to \
      the new key and start the server. A key is never given as an argument: everybody on the machine sees those.
      """)

  @OptionGroup var options: DatabaseOptions

  @Option(
    help: ArgumentHelp(
      "File with the new key, in base64; - for standard input (default: NEW_ENCRYPTION_KEY).",
      valueName: "file"))
  var newKeyFile: String?

  func run() async throws {
    try options.run {
      let old = try options.requiredKey()
      let done = try options.file().reseal(from: old, to: try newKey())
      return (
        SealingSummary(done),
        """
        provider keys sealed anew: \(done.resealedKeys)
        provider keys sealed that lay in clear: \(done.newlySealedKeys)
        provider keys sealed with the new key before: \(done.unchangedKeys)
        Set ENCRYPTION_KEY to the new key before the server starts.
        """ + done.warning
      )
    }
  }

  private func newKey() throws -> SealingKey {
    guard let newKeyFile else {
      guard let key = try options.key("NEW_ENCRYPTION_KEY") else {
        throw StoreError.unusable(
          "the new key is not given; set NEW_ENCRYPTION_KEY, or name a file with --new-key-file")
      }
      return key
    }
    let bytes =
      newKeyFile == "-"
      ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: newKeyFile)
    guard let bytes, bytes.count <= 1024 else {
      throw StoreError.unusable("the new key cannot be read from \(newKeyFile)")
    }
    return try DatabaseOptions.key(String(decoding: bytes, as: UTF8.self), "the key in \(newKeyFile)")
  }
}

/// What sealing did, as a report.
private struct SealingSummary: Encodable {
  var resealedKeys: Int
  var newlySealedKeys: Int
  var unchangedKeys: Int
  var hashedTokens: Int
  var leftover: String?

  init(_ report: SealingReport) {
    resealedKeys = report.resealedKeys
    newlySealedKeys = report.newlySealedKeys
    unchangedKeys = report.unchangedKeys
    hashedTokens = report.hashedTokens
    leftover = report.leftover
  }
}

extension SealingReport {
  /// A line about what is left to do; empty when nothing is.
  fileprivate var warning: String {
    leftover.map { reason in
      "\nwarning: the file could not be rewritten (\(reason)), so what was replaced may still be in free pages of it; "
        + "make room and run this again"
    } ?? ""
  }
}
