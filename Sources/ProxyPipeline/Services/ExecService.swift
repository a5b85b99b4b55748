import CLLMProxyPlugin
import NIOPosix

/// The host's threads for work that blocks. Any thread.
public final class BlockingPool: Sendable {
  let pool: NIOThreadPool

  /// Starts `threads` threads.
  public init(threads: Int) {
    pool = NIOThreadPool(numberOfThreads: threads)
    pool.start()
  }

  /// Finishes what runs, drops what waits, ends the threads.
  public func shutDown() async {
    try? await pool.shutdownGracefully()  // an error here says only that it was shut down before
  }

  /// Runs `body` on one of the threads.
  public func run(_ body: @escaping @Sendable () -> Void) {
    pool.submit { _ in body() }
  }
}

/// `llmp.exec/1`: the legal way to block.
enum ExecService {
  private struct Job: @unchecked Sendable {
    // The plugin's pointers; R4 says they may be used on any thread.
    let run: @convention(c) (UnsafeMutableRawPointer?) -> Void
    let ud: UnsafeMutableRawPointer?
    let free: llmp_free_fn?
  }

  nonisolated(unsafe) static let table: UnsafePointer<llmp_exec_api_t> = {
    var table = llmp_exec_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_exec_api_t>.size)
    table.run = { context, run, ud, free in
      guard let services = InstanceServices.of(context), let run else {
        free?(ud)
        return LLMP_E_INVALID
      }
      let job = Job(run: run, ud: ud, free: free)
      services.blocking.run {
        job.run(job.ud)
        job.free?(job.ud)
      }
      return LLMP_OK
    }
    return ServiceTables.lasting(table)
  }()
}
