internal import Crypto
internal import Foundation
public import ProxyCore

/// The key that provider keys are sealed with at rest: AES-256-GCM, as the Go program does.
///
/// A sealed value is `enc:v1:` and the base64 of nonce (12 bytes), ciphertext and tag (16 bytes).
public struct SealingKey: Sendable {
  static let prefix = "enc:v1:"

  private let key: SymmetricKey

  /// Reads the value of `ENCRYPTION_KEY`.
  ///
  /// - Throws: `StoreError.unusable` unless it is standard base64 of exactly 32 bytes.
  public init(base64 text: String) throws(StoreError) {
    guard let bytes = Data(base64Encoded: text) else {
      throw .unusable("ENCRYPTION_KEY is not base64; make one with: openssl rand -base64 32")
    }
    guard bytes.count == 32 else {
      throw .unusable(
        "ENCRYPTION_KEY holds \(bytes.count) bytes and must hold 32; make one with: openssl rand -base64 32")
    }
    key = SymmetricKey(data: bytes)
  }

  /// Takes the key itself.
  ///
  /// - Throws: `StoreError.unusable` unless it has exactly 32 bytes.
  public init(_ secret: Secret) throws(StoreError) {
    guard secret.count == 32 else {
      throw .unusable("ENCRYPTION_KEY must hold 32 bytes; make one with: openssl rand -base64 32")
    }
    key = SymmetricKey(data: secret.revealBytes())
  }

  /// Tells whether a stored value is sealed.
  static func isSealed(_ value: String) -> Bool { value.hasPrefix(prefix) }

  /// Seals a secret under a fresh random nonce. An empty one stays empty.
  func seal(_ secret: Secret) throws(StoreError) -> String {
    guard !secret.isEmpty else { return "" }
    do {
      let box = try AES.GCM.seal(secret.revealBytes(), using: key)
      guard let combined = box.combined else { throw CryptoKitError.incorrectParameterSize }
      return Self.prefix + combined.base64EncodedString()
    } catch {
      throw .unavailable(reason: "a provider key could not be sealed")
    }
  }

  /// Opens a sealed value; `nil` when it is malformed or was sealed with another key.
  func open(_ value: String) -> Secret? {
    guard Self.isSealed(value), let combined = Data(base64Encoded: String(value.dropFirst(Self.prefix.count)))
    else { return nil }
    do {
      return Secret([UInt8](try AES.GCM.open(AES.GCM.SealedBox(combined: combined), using: key)))
    } catch {
      // What exactly is wrong (length or tag) does not help anybody but an attacker.
      return nil
    }
  }
}

extension SealingKey: CustomStringConvertible, CustomReflectable {
  /// Dots.
  public var description: String { "••••" }
  /// Dots, for `dump` and other readers of reflection.
  public var customMirror: Mirror { Mirror(self, children: ["key": "••••"]) }
}
