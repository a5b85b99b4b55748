import Glibc
import Synchronization

/// The plugin directory and the images loaded from it.
///
/// Thread-safe; every method blocks (files, `dlopen`). An image is loaded once per content, never unmapped.
public final class PluginLibrary: Sendable {
  /// Where plugins are and where their private copies go.
  public struct Settings: Sendable {
    /// `plugins.dir`, searched in this order; nothing is ever loaded from elsewhere.
    public var directories: [String]
    /// `plugins.trust`.
    public var trust: PluginTrust
    /// Private directory of this process' user; copies go to `<runtimeDirectory>/plugins/<sha256>.so`.
    public var runtimeDirectory: String
    /// Most images this process loads in its life, since they are never unmapped.
    public var imageLimit: Int
    /// Swift toolchain of the host, e.g. `6.3.1`; `swift-shared` plugins must be built with the same.
    public var swiftVersion: String
    /// Product name and version, as plugins see them in `llmp_loader_t`.
    public var hostName: String
    /// See `hostName`.
    public var hostVersion: String

    /// Creates settings.
    public init(
      directories: [String], trust: PluginTrust, runtimeDirectory: String, imageLimit: Int = 64,
      swiftVersion: String = HostToolchain.swiftVersion, hostName: String, hostVersion: String
    ) {
      self.directories = directories
      self.trust = trust
      self.runtimeDirectory = runtimeDirectory
      self.imageLimit = imageLimit
      self.swiftVersion = swiftVersion
      self.hostName = hostName
      self.hostVersion = hostVersion
    }
  }

  /// See `Settings`.
  public let settings: Settings

  private let warn: @Sendable (PluginWarning) -> Void
  private let images = Mutex<[String: PluginImage]>([:])

  /// Creates a library; touches no file yet.
  ///
  /// - Parameter warn: takes warnings about plugins that were accepted all the same; any thread.
  public init(settings: Settings, warn: @escaping @Sendable (PluginWarning) -> Void) {
    self.settings = settings
    self.warn = warn
  }

  /// Images loaded so far, in no particular order. Any thread.
  public var loadedImages: [PluginImage] { images.withLock { Array($0.values) } }

  /// Loads a file, or gives the image that is loaded already for the same content.
  ///
  /// - Throws: the reason of the refusal; code of the plugin has run only if its kind is `descriptor`.
  public func load(path: String) throws(PluginError) -> PluginImage {
    let file = try PluginFile.open(path: path)
    try settings.trust.check(file: file.name, sha256: file.sha256)
    // One load at a time: signal dispositions and threads are compared around it. The lock is ours alone, and
    // the foreign code that runs under it (constructors, the entry function) has no way to come back here.
    let result: Result<(PluginImage, isNew: Bool), PluginError> = images.withLock { images in
      if let image = images[file.sha256] { return .success((image, false)) }
      do throws(PluginError) {
        let image = try loadNew(file, loaded: images.count)
        images[file.sha256] = image
        return .success((image, true))
      } catch {
        return .failure(error)
      }
    }
    let (image, isNew) = try result.get()
    if isNew { image.warnings.forEach(warn) }
    return image
  }

  private func loadNew(_ file: PluginFile, loaded: Int) throws(PluginError) -> PluginImage {
    let (stamp, warnings) = try Self.examine(file, settings)
    guard loaded < settings.imageLimit else {
      throw PluginError(
        .file, file.name,
        "would be image \(loaded + 1) of this process, the limit is \(settings.imageLimit) "
          + "because images are never unmapped",
        remedy: "restart the proxy, or raise plugins.max_images")
    }
    let copy = try PrivateCopy(runtimeDirectory: settings.runtimeDirectory).place(file)
    return try PluginImage(
      file: file, stamp: stamp, staticWarnings: warnings, imagePath: copy, settings: settings)
  }

  private static func examine(
    _ file: PluginFile, _ settings: Settings
  ) throws(PluginError) -> (PluginStamp, [PluginWarning]) {
    let elf = try ELFFile(file.content.bytes, file: file.name)
    return try elf.check(file: file.name, swiftVersion: settings.swiftVersion)
  }

  /// Reads what all `*.so` files of the directories claim, without running any of them.
  ///
  /// - Throws: only when a directory cannot be read; a file that is not acceptable becomes a refusal.
  public func scan() throws(PluginError) -> PluginCatalog {
    var catalog = PluginCatalog(directories: settings.directories)
    for directory in settings.directories {
      for name in try Self.names(in: directory) {
        let path = "\(directory)/\(name)"
        do throws(PluginError) {
          let file = try PluginFile.open(path: path)
          try settings.trust.check(file: name, sha256: file.sha256)
          let (stamp, _) = try Self.examine(file, settings)
          catalog.entries.append(
            PluginCatalog.Entry(path: path, file: name, sha256: file.sha256, stamp: stamp))
        } catch {
          catalog.refusals.append(error)
        }
      }
    }
    return catalog
  }

  private static func names(in directory: String) throws(PluginError) -> [String] {
    guard let stream = opendir(directory) else {
      throw PluginError(
        .file, "plugins.dir", "cannot read \(directory): \(SystemError.last)",
        remedy: "set plugins.dir to the directory that holds the plugins")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(".so"), !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}
