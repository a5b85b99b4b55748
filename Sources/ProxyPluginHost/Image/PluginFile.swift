import Crypto
import Glibc

/// A plugin file that passed steps 1 and 2 of loading: who owns it, who may write it, what its hash is.
struct PluginFile: Sendable {
  /// File name, for messages.
  let name: String
  /// Where it was found.
  let path: String
  /// 64 lower-case hexadecimal digits.
  let sha256: String
  let content: FileBytes

  /// Larger files are refused: nothing that big is a plugin, and it would be read into memory.
  static let sizeLimit = 512 << 20

  /// Opens, checks, reads and hashes a file.
  ///
  /// The directory is opened first and the file relative to it, so that neither can be exchanged between the
  /// check and the use.
  static func open(path: String) throws(PluginError) -> PluginFile {
    let (directory, name) = split(path)
    let directoryDescriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directoryDescriptor >= 0 else {
      throw PluginError(
        .file, name, "cannot open its directory \(directory): \(SystemError.last)",
        remedy: "check plugins.dir and the permissions of the directory")
    }
    defer { close(directoryDescriptor) }
    try checkOwner(directoryDescriptor, name, what: "its directory \(directory)", path: directory)
    // O_NONBLOCK: opening a FIFO would otherwise wait for a writer.
    let descriptor = openat(directoryDescriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw openFailure(errno, name, directory) }
    defer { close(descriptor) }
    let size = try checkOwner(descriptor, name, what: "the file", path: path)
    let content: FileBytes
    do {
      content = try FileBytes(descriptor: descriptor, size: size)
    } catch {
      throw PluginError(
        .file, name, "cannot be read: \(error)", remedy: "copy the file again; it may have changed meanwhile")
    }
    return PluginFile(name: name, path: path, sha256: hash(content.bytes), content: content)
  }

  /// SHA-256 as lower-case hexadecimal.
  static func hash(_ bytes: UnsafeRawBufferPointer) -> String {
    var hasher = SHA256()
    hasher.update(bufferPointer: bytes)
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in hasher.finalize() {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let directory = String(path[..<slash])
    return (directory.isEmpty ? "/" : directory, String(path[path.index(after: slash)...]))
  }

  private static func openFailure(_ code: Int32, _ name: String, _ directory: String) -> PluginError {
    switch code {
    case ELOOP:
      PluginError(
        .file, name, "is a symbolic link, which can be turned to another file after it was checked",
        remedy: "copy the file itself into \(directory)")
    case ENOENT:
      PluginError(
        .file, name, "there is no such file in \(directory)",
        remedy: "check the name and plugins.dir, or build the plugin")
    default:
      PluginError(
        .file, name, "cannot be opened: \(SystemError(code: code))",
        remedy: "make it readable for the user that runs the proxy")
    }
  }

  /// Checks type, owner and mode of a file or directory; gives the size of a file.
  @discardableResult
  private static func checkOwner(
    _ descriptor: Int32, _ name: String, what: String, path: String
  ) throws(PluginError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw PluginError(.file, name, "fstat of \(what) failed: \(SystemError.last)", remedy: "try again")
    }
    let type = status.st_mode & S_IFMT
    guard type == S_IFREG || type == S_IFDIR && what != "the file" else {
      throw PluginError(
        .file, name, "is not a regular file", remedy: "put the shared library itself under this name")
    }
    guard status.st_uid == 0 || status.st_uid == geteuid() else {
      throw PluginError(
        .file, name, "\(what) belongs to user \(status.st_uid), expected root or \(geteuid())",
        remedy: "chown it to root or to the user that runs the proxy")
    }
    guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
      let others = status.st_mode & S_IWOTH != 0 ? "everybody" : "its group"
      throw PluginError(
        .file, name,
        "\(what) can be written by \(others) (mode 0\(String(status.st_mode & 0o7777, radix: 8)))",
        remedy: "chmod go-w \(path)")
    }
    guard type == S_IFDIR || status.st_size <= sizeLimit else {
      throw PluginError(
        .file, name, "is \(status.st_size) bytes, more than \(sizeLimit)", remedy: "strip it")
    }
    return Int(status.st_size)
  }
}
