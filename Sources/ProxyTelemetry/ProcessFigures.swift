#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What the system says about this process.
public struct ProcessFigures: Sendable {
  /// Memory resident in RAM, in bytes.
  public let residentBytes: UInt64
  /// CPU time used in user and kernel mode, in seconds.
  public let cpuSeconds: Double
  /// File descriptors open.
  public let openFiles: Int

  /// Reads the figures now; a few system calls.
  public static func now() -> ProcessFigures {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime)
    return ProcessFigures(residentBytes: resident(), cpuSeconds: cpu, openFiles: openFileCount())
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
  }

  /// Second field of `/proc/self/statm`, in pages.
  private static func resident() -> UInt64 {
    let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return 0 }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(file, &bytes, bytes.count)
    guard count > 0 else { return 0 }
    let fields = bytes.prefix(count).split(separator: 32)
    guard fields.count > 1, let pages = UInt64(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
    return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
  }

  private static func openFileCount() -> Int {
    guard let directory = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // The entries `.` and `..`, and the descriptor of the directory itself.
    return max(0, count - 3)
  }
}
