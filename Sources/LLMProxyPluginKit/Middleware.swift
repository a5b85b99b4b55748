public import CLLMProxyPlugin

/// A stage of the chain, written in Swift.
///
/// A type that conforms is built once per configured stage and per configuration generation. It does
/// nothing until it also conforms to at least one hook: `RequestHeadersHook`, `RequestBodyHook`,
/// `ResponseHeadersHook`, `RequestDoneHook`, … The host calls only the hooks a type conforms to.
///
/// Hooks of different requests run concurrently on one instance, hence `Sendable`; hooks of one
/// request run one after another, on changing threads. A hook does not block: no file, no network,
/// no sleeping, no lock that a blocked thread may hold.
public protocol Middleware: AnyObject, Sendable {
  /// The component's name: the configuration says `use: <plugin id>/<name>`.
  static var name: String { get }
  /// One line for people.
  static var summary: String { get }
  /// JSON Schema 2020-12 of the stage's settings; empty for any object.
  static var configSchema: String { get }
  /// Metadata keys this stage writes, e.g. `llmp.project_id`.
  static var provides: [String] { get }
  /// Metadata keys this stage needs. The chain is refused when no earlier stage provides one;
  /// `llmp.model` is provided by the host, which then holds JSON bodies.
  static var consumes: [String] { get }
  /// Host services this stage needs, e.g. `llmp.limits/1`.
  static var services: [String] { get }
  /// What the host must do for the hooks.
  static var flags: MiddlewareFlags { get }

  /// Builds the instance of one configured stage. No side effect that another generation could see:
  /// background work begins in `start`.
  init(config: PluginConfig, host: Host) throws(PluginFailure)

  /// For `config check`: refuses what the schema cannot. No side effects.
  static func validate(_ config: PluginConfig) throws(PluginFailure)
  /// The generation has won and requests will come: background work may begin.
  func start() throws(PluginFailure)
  /// The last call. Returns only when no thread can still be in this instance's code, and every
  /// reference and timer it took has been given back.
  func stop()
}

extension Middleware {
  /// Nothing to say.
  public static var summary: String { "" }
  /// Any object.
  public static var configSchema: String { "" }
  /// Writes no metadata.
  public static var provides: [String] { [] }
  /// Needs no metadata.
  public static var consumes: [String] { [] }
  /// Needs no services.
  public static var services: [String] { [] }
  /// Needs nothing from the host.
  public static var flags: MiddlewareFlags { [] }
  /// Refuses nothing that the schema allows.
  public static func validate(_ config: PluginConfig) throws(PluginFailure) {}
  /// Has no background work.
  public func start() throws(PluginFailure) {}
  /// Has nothing to give back.
  public func stop() {}
}

/// What the host must do for a middleware's hooks.
public struct MiddlewareFlags: OptionSet, Sendable {
  /// The set as bits.
  public let rawValue: UInt32

  /// A set from bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Hold the request's body and call `requestBody`.
  public static let needsRequestBody = MiddlewareFlags(rawValue: 1 << 0)
  /// Hold answers that are not event streams and call `responseBody`.
  public static let needsResponseBody = MiddlewareFlags(rawValue: 1 << 1)
  /// The hooks may block: run them on the host's blocking pool.
  public static let mayBlock = MiddlewareFlags(rawValue: 1 << 16)
  /// Never two hooks of one instance at once. Slow; for ports of old code.
  public static let serial = MiddlewareFlags(rawValue: 1 << 17)
}

/// What a hook tells the host to do next.
public struct Verdict: RawRepresentable, Equatable, Sendable {
  /// The number that crosses the border, `LLMP_CONTINUE` and so on.
  public let rawValue: llmp_verdict_t

  /// For verdicts this version of the kit does not name.
  @inlinable public init(rawValue: llmp_verdict_t) { self.rawValue = rawValue }

  /// Go on. In a stream hook: forward the input as it is.
  @inlinable public static var `continue`: Verdict { Verdict(rawValue: LLMP_CONTINUE) }
  /// The reply this hook gave is the answer. `Request.respond…` returns it for you.
  @inlinable public static var respond: Verdict { Verdict(rawValue: LLMP_RESPOND) }
  /// Hold the request here until `RequestReference.resume` or the stage's timeout.
  @inlinable public static var pause: Verdict { Verdict(rawValue: LLMP_PAUSE) }
  /// Go on, and call nothing but `requestDone` of this stage for this request.
  @inlinable public static var detach: Verdict { Verdict(rawValue: LLMP_DETACH) }
  /// Stream hooks: forward what was written to the output instead of the input.
  @inlinable public static var replace: Verdict { Verdict(rawValue: LLMP_REPLACE) }
  /// The kept answer that this hook gave stands for the provider's. `Request.replay` returns it for you.
  @inlinable public static var replay: Verdict { Verdict(rawValue: LLMP_REPLAY) }
  /// Stream hooks: forward nothing for this input.
  @inlinable public static var drop: Verdict { Verdict(rawValue: LLMP_DROP) }
}
