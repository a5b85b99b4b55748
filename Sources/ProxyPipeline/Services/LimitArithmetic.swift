import CLLMProxyPlugin

/// The three limit algorithms, as pure steps on one counter. Time is monotonic nanoseconds.
enum LimitArithmetic {
  static let unit: UInt64 = 1_000_000_000

  static func fresh(_ request: LimitTable.Request, _ now: UInt64) -> LimitTable.Counter {
    let capacity = request.burst == 0 ? request.limit : request.burst
    return LimitTable.Counter(
      algorithm: request.algorithm,
      level: request.algorithm == LLMP_LIMIT_TOKEN_BUCKET ? scaled(capacity) : 0,
      moment: request.algorithm == LLMP_LIMIT_FIXED_WINDOW ? windowStart(request, now) : now,
      capacity: capacity, windowNanoseconds: max(1, request.windowNanoseconds))
  }

  static func take(
    _ request: LimitTable.Request, _ counter: inout LimitTable.Counter, _ now: UInt64
  ) -> LimitTable.Outcome {
    switch request.algorithm {
    case LLMP_LIMIT_FIXED_WINDOW: takeWindow(request, &counter, now)
    case LLMP_LIMIT_CONCURRENCY: takeConcurrency(request, &counter)
    default: takeBucket(request, &counter, now)
    }
  }

  private static func takeBucket(
    _ request: LimitTable.Request, _ counter: inout LimitTable.Counter, _ now: UInt64
  ) -> LimitTable.Outcome {
    refill(request, &counter, now)
    let cost = scaled(request.cost)
    guard counter.level < cost || counter.debt > 0 else {
      counter.level -= cost
      return .allowed(remaining: counter.level / unit)
    }
    let rate = Double(request.limit) / Double(max(1, request.windowNanoseconds))
    let missing = (Double(cost) + Double(counter.debt) - Double(counter.level)) / Double(unit)
    let wait = rate > 0 ? missing / rate : Double(UInt32.max) * 1e9
    return .refused(index: 0, retryAfterNanoseconds: UInt64(min(wait.rounded(.up), 9e18)))
  }

  private static func refill(
    _ request: LimitTable.Request, _ counter: inout LimitTable.Counter, _ now: UInt64
  ) {
    let capacity = request.burst == 0 ? request.limit : request.burst
    // A limit that was raised is in force for the next request, not after the bucket has filled further.
    if capacity > counter.capacity { counter.level += scaled(capacity - counter.capacity) }
    counter.capacity = capacity
    let full = scaled(counter.capacity)
    let elapsed = now > counter.moment ? now - counter.moment : 0
    let gained =
      Double(elapsed) * Double(request.limit) / Double(max(1, request.windowNanoseconds)) * Double(unit)
    let paid = gained >= Double(counter.debt) ? counter.debt : UInt64(gained)
    counter.debt -= paid
    let left = gained - Double(paid)
    counter.level = left >= Double(full) ? full : min(full, counter.level + UInt64(max(0, left)))
    counter.moment = now
  }

  private static func takeWindow(
    _ request: LimitTable.Request, _ counter: inout LimitTable.Counter, _ now: UInt64
  ) -> LimitTable.Outcome {
    let start = roll(request, &counter, now)
    guard let level = sum(counter.level, request.cost), level <= request.limit else {
      return .refused(index: 0, retryAfterNanoseconds: max(1, request.windowNanoseconds) - (now - start))
    }
    counter.level = level
    return .allowed(remaining: request.limit - counter.level)
  }

  /// Begins a new window when the old one is over; returns when the present one began.
  @discardableResult
  private static func roll(
    _ request: LimitTable.Request, _ counter: inout LimitTable.Counter, _ now: UInt64
  ) -> UInt64 {
    let start = windowStart(request, now)
    if counter.moment != start {
      counter.moment = start
      counter.level = 0
    }
    return start
  }

  private static func takeConcurrency(
    _ request: LimitTable.Request, _ counter: inout LimitTable.Counter
  ) -> LimitTable.Outcome {
    guard let level = sum(counter.level, request.cost), level <= request.limit else {
      // Nobody knows when one of them ends; a second is a guess that does no harm.
      return .refused(index: 0, retryAfterNanoseconds: unit)
    }
    counter.level = level
    return .allowed(remaining: request.limit - level)
  }

  /// Nil instead of a trap: limits and costs come from plugins.
  private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64? {
    let (value, isOver) = left.addingReportingOverflow(right)
    return isOver ? nil : value
  }

  static func giveBack(
    _ request: LimitTable.Request, _ counter: inout LimitTable.Counter, takenAt: UInt64
  ) {
    switch request.algorithm {
    case LLMP_LIMIT_FIXED_WINDOW where counter.moment != windowStart(request, takenAt):
      // Taken in a window that is over: what is used in this one is somebody else's.
      break
    case LLMP_LIMIT_TOKEN_BUCKET:
      let cost = scaled(request.cost)
      let paid = min(counter.debt, cost)
      counter.debt -= paid
      counter.level = min(scaled(counter.capacity), counter.level + cost - paid)
    default:
      counter.level = counter.level > request.cost ? counter.level - request.cost : 0
    }
  }

  static func charge(_ request: LimitTable.Request, _ counter: inout LimitTable.Counter, _ now: UInt64) {
    switch request.algorithm {
    case LLMP_LIMIT_TOKEN_BUCKET:
      refill(request, &counter, now)
      let cost = scaled(request.cost)
      let taken = min(counter.level, cost)
      counter.level -= taken
      counter.debt = sum(counter.debt, cost - taken) ?? .max
    case LLMP_LIMIT_FIXED_WINDOW:
      roll(request, &counter, now)
      counter.level = sum(counter.level, request.cost) ?? .max
    default:
      counter.level = sum(counter.level, request.cost) ?? .max
    }
  }

  /// Whether forgetting the counter changes nothing.
  static func isIdle(_ counter: LimitTable.Counter, _ now: UInt64) -> Bool {
    if counter.algorithm == LLMP_LIMIT_CONCURRENCY { return counter.level == 0 }
    return counter.debt == 0 && now > counter.moment && now - counter.moment > counter.windowNanoseconds
  }

  private static func scaled(_ units: UInt64) -> UInt64 {
    let (value, isOver) = units.multipliedReportingOverflow(by: unit)
    return isOver ? UInt64.max / 2 : value
  }

  private static func windowStart(_ request: LimitTable.Request, _ now: UInt64) -> UInt64 {
    now - now % max(1, request.windowNanoseconds)
  }
}
