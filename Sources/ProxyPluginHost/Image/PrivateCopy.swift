import Glibc

/// The content-addressed directory that images are loaded from.
///
/// A file that is mapped must never change under its name: overwriting it in place ends in SIGBUS, and
/// loading a new file from an old path gives the old code. Copies are kept as long as the directory, so that
/// a core file can be read.
struct PrivateCopy {
  /// `<runtimeDirectory>/plugins`.
  let directory: String

  init(runtimeDirectory: String) { directory = runtimeDirectory + "/plugins" }

  /// The copy of a file, written if it is not there yet.
  func place(_ file: PluginFile) throws(PluginError) -> String {
    try makeDirectory(file.name)
    let path = "\(directory)/\(file.sha256).so"
    if holdsSameBytes(path, file) { return path }
    let temporary = "\(directory)/.\(file.sha256).\(getpid())"
    unlink(temporary)  // left over by a process of the same number that was killed here
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o500)
    guard descriptor >= 0 else { throw failure(file.name, "cannot create \(temporary)", .last) }
    let written = write(file.content.bytes, to: descriptor)
    let closed = close(descriptor)
    guard written == nil, closed == 0, rename(temporary, path) == 0 else {
      let cause = written ?? .last
      unlink(temporary)
      throw failure(file.name, "cannot write \(path)", cause)
    }
    return path
  }

  private func makeDirectory(_ name: String) throws(PluginError) {
    var prefix = directory.hasPrefix("/") ? "/" : ""
    for part in directory.split(separator: "/") {
      prefix += prefix.isEmpty || prefix.hasSuffix("/") ? part : "/" + part
      // Where nothing may be created the directory may still be there; `stat` below tells.
      guard mkdir(prefix, 0o700) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES else {
        throw failure(name, "cannot create \(prefix)", .last)
      }
    }
    var status = stat()
    guard stat(directory, &status) == 0 else { throw failure(name, "cannot use \(directory)", .last) }
    guard status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
      throw PluginError(
        .file, name,
        "the private directory \(directory) belongs to user \(status.st_uid) with mode "
          + "0\(String(status.st_mode & 0o7777, radix: 8)), expected ours and writable for nobody else",
        remedy: "chown and chmod 700 it, or set another runtime directory")
    }
  }

  private func holdsSameBytes(_ path: String, _ file: PluginFile) -> Bool {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_uid == geteuid(), status.st_mode & 0o777 == 0o500,
      Int(status.st_size) == file.content.bytes.count,
      // A copy that cannot be read is written again.
      let copy = try? FileBytes(descriptor: descriptor, size: Int(status.st_size))
    else { return false }
    return PluginFile.hash(copy.bytes) == file.sha256
  }

  private func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> SystemError? {
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      if count >= 0 { written += count } else if errno != EINTR { return .last }
    }
    return fsync(descriptor) == 0 ? nil : .last
  }

  private func failure(_ name: String, _ what: String, _ cause: SystemError) -> PluginError {
    PluginError(
      .file, name, "\(what): \(cause)",
      remedy: "free space there, or set a runtime directory that this user may write")
  }
}
