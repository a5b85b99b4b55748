import Hummingbird

/// Puts handlers into Hummingbird's router under the rules of Go's `ServeMux`: a path matches as it is
/// written (a slash at the end is part of it), and a known path answers every method.
struct RouteTable {
  typealias Handler = ManagementGate.Handler

  let router: Router<ManagementContext>
  let gate: ManagementGate

  /// `path` answers any method without credentials.
  func open(_ path: String, _ handler: @escaping Handler) {
    add(path) { context in
      context.request.path == path ? try await handler(context) : .notFound
    }
  }

  /// `path` and everything below it answers any method without credentials.
  func openTree(_ path: String, _ handler: @escaping Handler) {
    add(path, handler)
    add(path + "/**", handler)
  }

  /// `path` wants credentials and answers the methods of `handlers`.
  func managed(_ path: String, _ handlers: [String: Handler]) {
    add(path) { [gate] context in
      context.request.path == path ? await gate.pass(context, to: handlers) : .fault(.unknownPath)
    }
  }

  /// A collection at `path`, and everything below it: `items` says, by what follows the slash, which methods
  /// there are.
  func managed(
    _ path: String, _ handlers: [String: Handler], items: @escaping @Sendable (Substring) -> [String: Handler]
  ) {
    // The router takes `/x/` for `/x`; here the first is the item without a name.
    add(path) { [gate] context in
      await gate.pass(context, to: context.request.path == path ? handlers : items(context.item(of: path)))
    }
    add(path + "/**") { [gate] context in
      await gate.pass(context, to: items(context.item(of: path)))
    }
  }

  /// As `managed`, for the holders of access tokens; without `items` there is nothing below the path.
  func held(
    _ path: String, through gate: SelfGate, _ handlers: [String: SelfGate.Handler],
    items: (@Sendable (Substring) -> [String: SelfGate.Handler])? = nil
  ) {
    add(path) { context in
      if context.request.path == path { return await gate.pass(context, to: handlers) }
      guard let items else { return .fault(.unknownPath) }
      return await gate.pass(context, to: items(context.item(of: path)))
    }
    guard let items else { return }
    add(path + "/**") { context in await gate.pass(context, to: items(context.item(of: path))) }
  }

  private func add(_ path: String, _ handler: @escaping Handler) {
    for method in Self.methods {
      router.on(RouterPath(path), method: method) { _, context in try await handler(context) }
    }
  }

  private static let methods: [HTTPRequest.Method] = [
    .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect,
  ]
}

extension ManagementContext {
  /// What follows `collection` and a slash in the path, still encoded; empty when nothing does.
  func item(of collection: String) -> Substring {
    request.path.dropFirst(collection.count + 1)
  }
}
