#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The private folder where copies of plugin images lie while the process runs.
enum RuntimeDirectory {
  /// `$XDG_RUNTIME_DIR/llm-proxy`, else a folder of this user's in the system's temporary directory.
  static func standard() throws(StartupError) -> String {
    if let base = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }), !base.isEmpty {
      return try ours("\(base)/llm-proxy")
    }
    let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    return try ours("\(temporary.isEmpty ? "/tmp" : temporary)/llm-proxy-\(getuid())")
  }

  /// Creates the folder, or makes sure that nobody else made it: code is loaded from here.
  private static func ours(_ path: String) throws(StartupError) -> String {
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw StartupError(
        "cannot create \(path) for copies of plugins: \(String(cString: strerror(errno))); "
          + "set plugins.runtime_dir to a folder this user may write")
    }
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid(),
      status.st_mode & 0o077 == 0
    else {
      throw StartupError(
        "\(path) is not a private folder of this user; remove it, or set plugins.runtime_dir to another one")
    }
    return path
  }
}
