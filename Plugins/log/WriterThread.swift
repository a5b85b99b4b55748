internal import Glibc
internal import LLMProxyPluginKit

/// A thread that a plugin may have: it takes no signals of the process, and it is joined.
struct WriterThread {
  private let handle: pthread_t

  private final class Body {
    let run: () -> Void

    init(_ run: @escaping () -> Void) { self.run = run }
  }

  init(_ run: @escaping () -> Void) throws(PluginFailure) {
    var handle = pthread_t()
    let body = Unmanaged.passRetained(Body(run))
    let status = pthread_create(
      &handle, nil,
      { body in
        // Signals are for the host's threads; SIGPIPE of a closed standard output becomes EPIPE.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        if let body { Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run() }
        return nil
      }, body.toOpaque())
    if status != 0 {
      body.release()
      throw PluginFailure("cannot start the writer thread: \(String(cString: strerror(status)))")
    }
    self.handle = handle
  }

  /// Waits until the thread has ended. Once only.
  func join() { pthread_join(handle, nil) }
}
