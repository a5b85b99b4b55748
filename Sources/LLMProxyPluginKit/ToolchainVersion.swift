/// The compiler that built this file.
///
/// A Swift library has no stable ABI on Linux and its file name says no version, so a plugin that
/// shares the host's Swift runtime must come from the same compiler. Host and plugin each carry this
/// constant and the host refuses a difference at load. There is no way to ask the compiler for its
/// patch version, hence the ladder: a compiler it does not know stops the build here.
public enum ToolchainVersion {
  #if compiler(>=6.3.4)
    #error("add this compiler to the ladder in ToolchainVersion.swift")
  #elseif compiler(>=6.3.3)
    /// Major, minor and patch.
    public static let compiler = "6.3.3"
  #elseif compiler(>=6.3.2)
    /// Major, minor and patch.
    public static let compiler = "6.3.2"
  #elseif compiler(>=6.3.1)
    /// Major, minor and patch.
    public static let compiler = "6.3.1"
  #elseif compiler(>=6.3)
    /// Major, minor and patch.
    public static let compiler = "6.3"
  #else
    #error("Swift 6.3 or newer is needed")
  #endif

  /// What a plugin built against the shared Swift runtime says in its descriptor and stamp.
  public static let sharedRuntime = "swift-shared \(compiler)"
  /// What a plugin built with `-static-stdlib` says.
  public static let staticRuntime = "swift-static \(compiler)"
}
