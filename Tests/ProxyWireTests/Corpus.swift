import Foundation
import Testing

/// One file of `Corpus/`: `<kind>.<what it is>.<expectation>.http`, where the kind is `request` or `response`
/// and the expectation `accepted-<messages>` or the name of a `WireError`.
struct CorpusCase: Sendable, CustomTestStringConvertible {
  var name: String
  var bytes: [UInt8]

  var isResponse: Bool { name.hasPrefix("response.") }
  var expectation: Substring { name.split(separator: ".").dropLast().last ?? "" }
  var testDescription: String { name }
}

enum Corpus {
  /// All files, in the order of their names.
  static let cases: [CorpusCase] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".http") }.sorted().compactMap { name in
      (try? Data(contentsOf: folder.appendingPathComponent(name))).map {
        CorpusCase(name: name, bytes: Array($0))
      }
    }
  }()
}
