import CLLMProxyPlugin
import NIOCore
import Synchronization

/// `llmp.timer/1`: one-shot and periodic timers, of an instance or of a request.
enum TimerService {
  nonisolated(unsafe) static let table: UnsafePointer<llmp_timer_api_t> = {
    var table = llmp_timer_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_timer_api_t>.size)
    table.start = { context, handle, delay, period, fire, ud, free, id in
      guard let services = InstanceServices.of(context), let fire else {
        free?(ud)
        return LLMP_E_INVALID
      }
      let exchange = RequestTable.open(handle)
      if handle != nil, exchange == nil {
        free?(ud)
        return LLMP_E_STATE
      }
      let timer = Timer(
        fire: fire, ud: ud, free: free, reference: exchange?.makeReference(), caller: exchange?.caller)
      let loop = exchange?.loop.eventLoop ?? services.eventLoop
      guard let number = services.timers.add(timer) else {
        timer.finish()
        return LLMP_E_LIMIT
      }
      id?.pointee = number
      timer.start(on: loop, delay: delay, period: period) { services.timers.remove(number) }
      return LLMP_OK
    }
    table.cancel = { context, id in
      InstanceServices.of(context)?.timers.remove(id)?.finish()
    }
    return ServiceTables.lasting(table)
  }()
}

/// The timers of one instance. Any thread.
final class TimerBook: Sendable {
  private struct Book {
    var next: UInt64 = 1
    var timers: [UInt64: Timer] = [:]
  }

  private static let limit = 65_536
  private let book = Mutex(Book())

  func add(_ timer: Timer) -> UInt64? {
    book.withLock { book in
      guard book.timers.count < Self.limit else { return nil }
      defer { book.next += 1 }
      book.timers[book.next] = timer
      return book.next
    }
  }

  @discardableResult
  func remove(_ id: UInt64) -> Timer? {
    book.withLock { $0.timers.removeValue(forKey: id) }
  }
}
