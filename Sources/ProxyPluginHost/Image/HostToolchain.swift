/// The Swift toolchain this host was compiled with.
///
/// On Linux the shared Swift runtime has neither ABI stability nor a version in its SONAME: a plugin of
/// another toolchain would bind to our copy without a word. So the version is compared exactly.
public enum HostToolchain {
  /// Version as plugins write it after `swift-shared`, or `unknown`, which equals none.
  public static let swiftVersion: String = {
    #if compiler(>=6.3.4)
      "unknown"
    #elseif compiler(>=6.3.3)
      "6.3.3"
    #elseif compiler(>=6.3.2)
      "6.3.2"
    #elseif compiler(>=6.3.1)
      "6.3.1"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "unknown"
    #endif
  }()
}
