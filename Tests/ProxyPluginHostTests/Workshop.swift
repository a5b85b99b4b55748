import Foundation

@testable import ProxyPluginHost

/// A temporary directory in which fixtures are compiled and loaded; removed when the test lets go of it.
final class Workshop: Sendable {
  /// Where sources of the fixtures lie.
  static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "BrokenPlugins")
  /// Where the header lies.
  static let include = sources.deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Sources/CLLMProxyPlugin/include")

  struct CompilerFailure: Error { var output: String }

  let root: String
  /// The plugin directory.
  var plugins: String { root + "/plugins" }
  /// The runtime directory.
  var runtime: String { root + "/run" }

  init() throws {
    root = NSTemporaryDirectory() + "plugin-host-" + UUID().uuidString
    for directory in [root, root + "/plugins"] {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }
  }

  deinit {
    // A temporary directory that stays behind harms nobody.
    try? FileManager.default.removeItem(atPath: root)
  }

  /// Compiles `<source>.c` into the plugin directory.
  ///
  /// - Returns: path of the shared library.
  @discardableResult
  func compile(_ source: String, as name: String? = nil, flags: [String] = []) throws -> String {
    let file = source.split(separator: "/").last.map(String.init) ?? source
    let output = "\(plugins)/\(name ?? file).so"
    let log = "\(root)/\(name ?? file).log"
    let arguments =
      ["cc", "-std=gnu11", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-I\(Self.include.path)"]
      + [Self.sources.appending(path: "\(source).c").path, "-o", output] + flags
    guard try Self.run(arguments, errorsTo: log) == 0 else {
      throw CompilerFailure(output: try String(contentsOfFile: log, encoding: .utf8))
    }
    // The umask of whoever runs the tests must not decide them.
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: output)
    return output
  }

  /// Runs a program from PATH and waits for it. Not `Process`: that starts threads, which these tests count.
  private static func run(_ arguments: [String], errorsTo log: String) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var pointers = arguments.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    var child = pid_t()
    let code = posix_spawnp(&child, arguments[0], &actions, nil, pointers, environ)
    guard code == 0 else { throw CompilerFailure(output: SystemError(code: code).description) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status
  }

  /// Writes a copy of a file with some bytes changed.
  func damage(_ path: String, as name: String, _ change: (inout Data) -> Void) throws -> String {
    var content = try Data(contentsOf: URL(filePath: path))
    change(&content)
    let output = "\(plugins)/\(name).so"
    try content.write(to: URL(filePath: output))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: output)
    return output
  }

  /// A library on the plugin directory; warnings go to `warnings`.
  func library(trust: PluginTrust = .any, warnings: Recording<PluginWarning> = Recording()) -> PluginLibrary {
    PluginLibrary(
      settings: PluginLibrary.Settings(
        directories: [plugins], trust: trust, runtimeDirectory: runtime, hostName: "llm-proxy",
        hostVersion: "0.0.0-test"),
      warn: { warnings.append($0) })
  }
}
