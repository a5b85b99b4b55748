import Glibc
import ProxyConfig

/// What `doctor` looks at in files.
struct FileChecks {
  private static let leastFreeBytes: UInt64 = 100 << 20
  private let boot: BootSettings
  private let environmentPath: String

  /// Checks of what `configuration` names.
  init(_ configuration: Configuration, environmentFile: String?) {
    boot = configuration.boot
    environmentPath = environmentFile ?? Environment.process["ENV"] ?? ".env"
  }

  /// The file with secrets is for its owner only.
  func environmentFile() -> [Finding] {
    guard let status = Self.status(environmentPath) else { return [] }
    guard status.st_mode & 0o077 != 0 else { return [.ok("variables", "\(environmentPath) is private")] }
    return [
      .warning(
        "variables", "\(environmentPath) can be read by others",
        "chmod 600 \(environmentPath): it holds secrets")
    ]
  }

  /// The secrets that a server is protected by.
  func secrets() -> [Finding] {
    var findings: [Finding] = []
    if boot.managementToken.count < 16 {
      findings.append(
        .warning(
          "secrets", "MANAGEMENT_TOKEN is short enough to be guessed", "make one with: openssl rand -hex 32"))
    } else {
      findings.append(.ok("secrets", "MANAGEMENT_TOKEN is long enough"))
    }
    if boot.database.encryptionKey == nil {
      findings.append(
        .warning(
          "encryption", "provider keys are stored in clear",
          "set ENCRYPTION_KEY; make one with: openssl rand -base64 32, and keep it apart from backups"))
    } else {
      findings.append(.ok("encryption", "ENCRYPTION_KEY is set; provider keys are sealed"))
    }
    return findings
  }

  /// The database is one, private, and on a disk with room.
  func database() -> [Finding] {
    let path = boot.database.path
    let folder = Self.folder(of: path)
    guard let status = Self.status(path) else {
      guard let existing = Self.nearestFolder(folder), access(existing, W_OK) == 0 else {
        return [
          .problem(
            "database", "\(path) cannot be made: \(folder) cannot be written",
            "make the folder, or set DATABASE_PATH")
        ]
      }
      return [.ok("database", "\(path) will be made at the first start")]
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      return [.problem("database", "\(path) is no file", "set DATABASE_PATH to a file")]
    }
    guard access(path, R_OK | W_OK) == 0, access(folder, W_OK) == 0 else {
      return [
        .problem(
          "database", "\(path) or its folder cannot be written",
          "run as its owner, or change its owner with chown")
      ]
    }
    guard Self.isDatabase(path, status) else {
      return [
        .problem(
          "database", "\(path) is no SQLite database",
          "set DATABASE_PATH to another file, or restore a backup")
      ]
    }
    var findings = [Finding.ok("database", "\(path) is an SQLite file of \(status.st_size) bytes")]
    if status.st_mode & 0o077 != 0 {
      findings.append(
        .warning(
          "database", "\(path) can be read by others", "chmod 600 \(path); a server does so at its start"))
    }
    return findings + (status.st_size > 0 ? DatabaseChecks(boot.database).findings() : []) + [space(folder)]
  }

  private func space(_ folder: String) -> Finding {
    var figures = statvfs()
    guard statvfs(folder, &figures) == 0 else {
      return .warning("disk", "the free space of \(folder) is not known", "look at it with: df \(folder)")
    }
    let free = UInt64(figures.f_bavail) * UInt64(figures.f_frsize)
    let text = "\(free >> 20) MiB free in \(folder)"
    return free < Self.leastFreeBytes
      ? .problem("disk", text, "make room: without it no count and no audit event can be written")
      : .ok("disk", text)
  }

  /// There are plugins, and nobody else can replace them.
  func plugins() -> [Finding] {
    let path = boot.plugins.directory
    guard let status = Self.status(path), status.st_mode & S_IFMT == S_IFDIR else {
      return [.problem("plugins", "there is no folder \(path)", "set LLM_PROXY_PLUGINS_DIR or plugins.dir")]
    }
    let files = Self.names(in: path).filter { $0.hasSuffix(".so") }.sorted()
    guard !files.isEmpty else {
      return [
        .problem("plugins", "there is no .so file in \(path)", "set LLM_PROXY_PLUGINS_DIR or plugins.dir")
      ]
    }
    let open = ([path] + files.map { "\(path)/\($0)" }).filter {
      (Self.status($0)?.st_mode ?? 0) & 0o022 != 0
    }
    if let first = open.first {
      return [
        .problem(
          "plugins", "\(open.count) can be written by others, such as \(first)",
          "chmod go-w \(open.joined(separator: " "))")
      ]
    }
    let foreign = files.filter { !Self.begins("\(path)/\($0)", with: [0x7f, 0x45, 0x4c, 0x46]) }
    if let first = foreign.first {
      return [
        .problem(
          "plugins", "\(path)/\(first) is no shared library", "replace it, or take it out of the folder")
      ]
    }
    return [.ok("plugins", "\(files.count) in \(path)")]
  }

  /// Logs can be written.
  func logs() -> [Finding] {
    var findings: [Finding] = []
    for (path, variable) in [
      (boot.log.file, "LOG_FILE"), (boot.audit.isEnabled ? boot.audit.file : nil, "AUDIT_LOG_FILE"),
    ] {
      guard let path else { continue }
      let place = Self.status(path) == nil ? Self.nearestFolder(Self.folder(of: path)) ?? "/" : path
      findings.append(
        access(place, W_OK) == 0
          ? .ok("logs", "\(path) can be written")
          : .problem("logs", "\(path) cannot be written", "change the owner of \(place), or set \(variable)"))
    }
    return findings
  }
}

// MARK: - Files

extension FileChecks {
  private static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The folder itself, or the nearest above it that exists.
  private static func nearestFolder(_ path: String) -> String? {
    var path = path
    while status(path) == nil {
      let above = folder(of: path)
      if above == path { return nil }
      path = above
    }
    return path
  }

  /// A file that begins as SQLite's do; a new one is empty.
  private static func isDatabase(_ path: String, _ status: stat) -> Bool {
    status.st_size == 0 || begins(path, with: Array("SQLite format 3\0".utf8))
  }

  private static func begins(_ path: String, with bytes: [UInt8]) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var found = [UInt8](repeating: 0, count: bytes.count)
    return read(descriptor, &found, found.count) == bytes.count && found == bytes
  }

  private static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }
}
