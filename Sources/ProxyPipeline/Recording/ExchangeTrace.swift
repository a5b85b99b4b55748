import CLLMProxyPlugin
import ProxyPluginHost

/// What took time in one exchange: measured points and hook calls as they were noted, named when somebody looks.
public struct ExchangeTrace: Sendable {
  /// Something that took time.
  public struct Span: Sendable, Equatable {
    /// Who was at work.
    public enum Kind: String, Sendable {
      /// A stage of the pipeline.
      case stage
      /// The adapter of the provider.
      case adapter
      /// The provider and the way to it.
      case upstream
      /// The client and the way to it.
      case client
    }

    /// Who was at work.
    public var kind: Kind
    /// Name of the stage, of the API, or of the step: `connect`, `head`, `body`, `first_byte`.
    public var name: String
    /// Module behind the stage or adapter.
    public var plugin: String?
    /// The hook that ran.
    public var hook: String?
    /// Nanoseconds since the exchange began.
    public var start: UInt64
    /// How long it took, in nanoseconds: most hooks take less than a microsecond.
    public var duration: UInt64
    /// How it ended: `continue`, `respond`, `pause`, `error`, `detach`, `replace` or `drop`; `nil` for steps.
    public var verdict: String?
    /// How many calls are added up here.
    public var calls: UInt32 = 1
  }

  private var names: ChainNames?
  private var route = 0
  private var times = ExchangeTimes()
  private var entries: ContiguousArray<TraceBuffer.Entry> = []

  /// Nothing was noted.
  public init() {}

  init(_ names: ChainNames, route: Int, times: ExchangeTimes, _ buffer: borrowing TraceBuffer) {
    self.names = names
    self.route = route
    self.times = times
    entries.reserveCapacity(buffer.count)
    for index in 0..<buffer.count { entries.append(buffer[index]) }
  }

  /// Everything that took time, in the order in which it began.
  public var spans: [Span] {
    let calls = entries.map(span)
    return (calls + steps).sorted { ($0.start, $0.duration) < ($1.start, $1.duration) }
  }

  private func span(_ entry: TraceBuffer.Entry) -> Span {
    let isAdapter = entry.owner == TraceBuffer.adapter
    let parts = (isAdapter ? names?.routes : names?.stages) ?? []
    let index = isAdapter ? route : Int(entry.owner)
    let part = parts.indices.contains(index) ? parts[index] : nil
    let hook =
      isAdapter
      ? ProviderInstance.Hook(rawValue: Int(entry.hook))?.name
      : StageInstance.Hook(rawValue: Int(entry.hook))?.name
    return Span(
      kind: isAdapter ? .adapter : .stage, name: part?.name ?? "", plugin: part?.plugin,
      hook: hook.map { "\($0)" }, start: offset(entry.start), duration: entry.nanoseconds,
      verdict: Self.name(entry.verdict), calls: entry.calls)
  }

  private var steps: [Span] {
    var steps: [Span] = []
    func add(_ kind: Span.Kind, _ name: String, _ from: UInt64, _ to: UInt64) {
      guard from != 0, to >= from else { return }
      steps.append(Span(kind: kind, name: name, start: offset(from), duration: to - from))
    }
    add(.client, "request", times.started, times.began)
    add(.upstream, "connect", times.connecting, times.connected)
    let sent = max(times.attempt, times.connected)
    add(.upstream, "head", sent, times.upstreamHead)
    add(.upstream, "body", times.upstreamHead, times.upstreamEnd)
    add(.client, "first_byte", times.started, times.firstByte)
    add(.client, "answer", times.firstByte, times.ended)
    return steps
  }

  private func offset(_ point: UInt64) -> UInt64 { point > times.started ? point - times.started : 0 }

  private static func name(_ verdict: llmp_verdict_t) -> String {
    switch verdict {
    case LLMP_CONTINUE: "continue"
    case LLMP_RESPOND: "respond"
    case LLMP_PAUSE: "pause"
    case LLMP_DETACH: "detach"
    case LLMP_REPLACE: "replace"
    case LLMP_DROP: "drop"
    case LLMP_REPLAY: "replay"
    default: "error"
    }
  }
}
