import ProxyConfig
import Synchronization

/// `/manage/openapi.json`: the description of the API, from the YAML file that ships with the program.
final class OpenAPIRoute: Sendable {
  static let path = "/manage/openapi.json"
  private static let missing = ManagementFault(
    404, "not_found", "the description of the API is not part of this build")

  private let file: String
  private let document = Mutex<[UInt8]?>(nil)

  /// `file` is read when the document is first asked for.
  init(file: String) {
    self.file = file
  }

  /// Adds the route.
  func add(to routes: RouteTable) {
    routes.managed(Self.path, ["GET": { [self] _ in try answer() }])
  }

  private func answer() throws(ManagementFault) -> Reply {
    let bytes = document.withLock { document in
      if document == nil { document = YAMLFile.json(at: file).map { Array($0.utf8) } }
      return document
    }
    guard let bytes else { throw Self.missing }
    return Reply(status: 200, headers: [Reply.jsonType], body: .bytes(bytes))
  }
}
