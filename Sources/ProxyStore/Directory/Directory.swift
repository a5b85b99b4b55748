internal import Synchronization

/// What the directory knows about a presented secret.
public enum PresentedToken: Sendable {
  /// The token; ask its state.
  case known(AccessToken)
  /// Malformed, or looked for in the file a moment ago and not found.
  case unknown
  /// Not in memory, and perhaps another process has just made it: `load` it.
  case unseen
}

/// How a look into the file ended.
public enum LoadOutcome: Sendable {
  /// The token; ask its state.
  case found(AccessToken)
  /// There is no such token: 401 `token_not_found`.
  case notFound
  /// The file could not be read: 503, not 401.
  case unavailable
}

/// All access tokens and projects in memory, keyed by the SHA-256 of the secret.
///
/// Look-ups take tens of nanoseconds after the hash, allocate nothing and never wait for the file. Changes
/// made through this process's store are in force when the operation returns; those of other processes are
/// picked up within the store's `tickInterval`, and a token that another process has just made is found by
/// `load`.
public final class Directory: Sendable {
  private static let shardBits: UInt64 = 6

  private final class Shard: Sendable {
    let content = Mutex(ShardContent())
  }

  private struct ShardContent {
    var table = TokenTable()
    var misses = MissCache()
  }

  /// Reads the rows of a token and its ancestors at a moment (milliseconds since the Unix epoch) or soon after.
  typealias Look = @Sendable (AccessToken, Int64, @escaping @Sendable (Bool) -> Void) -> Void

  private let shards: [Shard]
  private let projects = Mutex<[String: Project]>([:])
  private let request = Mutex<(@Sendable (@escaping @Sendable (Bool) -> Void) -> Void)?>(nil)
  private let looking = Mutex<Look?>(nil)
  let counts = CountQueue()
  let catalog = PolicyCatalog()
  let budgets = BudgetQueue()

  init() {
    shards = (0..<(1 << Self.shardBits)).map { _ in Shard() }
  }

  /// Looks a secret up.
  ///
  /// - Parameters:
  ///   - secret: what the client presented; borrowed for the call.
  ///   - nowMilliseconds: since the Unix epoch.
  public func lookUp(presented secret: UnsafeRawBufferPointer, nowMilliseconds: Int64) -> PresentedToken {
    guard TokenSecret.isWellFormed(secret) else { return .unknown }
    let hash = TokenHash(secret: secret)
    return shard(of: hash).content.withLock { content in
      if let token = content.table.token(hash) { return .known(token) }
      return content.misses.contains(hash, now: nowMilliseconds) ? .unknown : .unseen
    }
  }

  /// The token of a secret when it is in memory.
  public func token(presented secret: UnsafeRawBufferPointer) -> AccessToken? {
    guard TokenSecret.isWellFormed(secret) else { return nil }
    return token(TokenHash(secret: secret))
  }

  /// Brings the directory up to date with the file and looks again. Looks of many requests share one such
  /// update, which costs some microseconds, so that guesses do not hammer the file. A token that is in memory
  /// and would be refused for disuse has its row read instead, once the uses of other processes must be there
  /// (within a second): afterwards its state is final.
  ///
  /// - Parameters:
  ///   - secret: what the client presented; borrowed for the call.
  ///   - nowMilliseconds: since the Unix epoch; a miss is remembered for two seconds from it.
  ///   - completion: called once, on any thread, possibly before this returns.
  public func load(
    presented secret: UnsafeRawBufferPointer, nowMilliseconds: Int64,
    completion: @escaping @Sendable (LoadOutcome) -> Void
  ) {
    guard TokenSecret.isWellFormed(secret) else { return completion(.notFound) }
    let hash = TokenHash(secret: secret)
    if let token = token(hash), let due = token.lookMoment(nowMilliseconds: nowMilliseconds) {
      guard let look = looking.withLock({ $0 }) else { return completion(.unavailable) }
      return look(token, due) { completion($0 ? .found(token) : .unavailable) }
    }
    guard let synchronize = request.withLock({ $0 }) else { return completion(.unavailable) }
    synchronize { [weak self] isUpToDate in
      guard let self, isUpToDate else { return completion(.unavailable) }
      let token = shard(of: hash).content.withLock { content in
        let token = content.table.token(hash)
        if token == nil { content.misses.note(hash, until: nowMilliseconds + MissCache.lifetimeMilliseconds) }
        return token
      }
      completion(token.map { .found($0) } ?? .notFound)
    }
  }

  /// The project of this id, when it exists and is not deleted.
  public func project(id: String) -> Project? {
    projects.withLock { $0[id] }
  }

  /// Projects in memory.
  public var projectCount: Int { projects.withLock { $0.count } }

  /// Tokens in memory, withered ones included.
  public var tokenCount: Int {
    shards.reduce(0) { $0 + $1.content.withLock { $0.table.count } }
  }

  /// Projects whose provider key cannot be read.
  var unreadableProviderKeys: Int {
    projects.withLock { $0.values.reduce(0) { $0 + ($1.isKeyReadable ? 0 : 1) } }
  }

  private func shard(of hash: TokenHash) -> Shard {
    shards[Int(truncatingIfNeeded: hash.word0 >> (64 - Self.shardBits))]
  }
}

// MARK: - The writer's side: called on its queue only

extension Directory {
  /// Sets how `load` asks for an update; called once, before traffic.
  func onLoad(_ synchronize: @escaping @Sendable (@escaping @Sendable (Bool) -> Void) -> Void) {
    request.withLock { $0 = synchronize }
  }

  /// Sets how `load` reads the row of a known token; called once, before traffic.
  func onLook(_ look: @escaping Look) { looking.withLock { $0 = look } }

  func token(_ hash: TokenHash) -> AccessToken? {
    shard(of: hash).content.withLock { $0.table.token(hash) }
  }

  /// Puts the changes into force.
  func apply(_ changes: DirectoryChanges) {
    for row in changes.projects { put(row) }
    for hash in changes.goneTokens { remove(hash) }
    for (row, projectID) in changes.tokens { put(row, projectID: projectID) }
    // Once more for children whose parent came after them.
    for (row, _) in changes.tokens { link(row) }
    for id in changes.goneProjects { projects.withLock { $0.removeValue(forKey: id) }?.retire() }
  }

  /// Replaces everything, keeping the instances of projects and tokens that go on to exist.
  ///
  /// - Parameter fill: is handed a function that takes one token row; rows may come in any order.
  func replaceAll(
    projects rows: [ProjectRow], expectedTokens: Int, fill: ((TokenRow, Project) -> Void) throws -> Void
  ) rethrows {
    for row in rows { put(row) }
    var tables = shards.map { _ in TokenTable() }
    for at in tables.indices { tables[at].reserve(expectedTokens / tables.count) }
    var children: [(child: TokenHash, parent: TokenHash)] = []
    func index(_ hash: TokenHash) -> Int { Int(truncatingIfNeeded: hash.word0 >> (64 - Self.shardBits)) }
    try fill { row, project in
      let at = index(row.hash)
      if let parent = row.withering?.parent { children.append((row.hash, parent)) }
      if let token = self.token(row.hash), token.project === project {
        token.reload(row)
        tables[at].insert(token)
      } else {
        tables[at].insert(AccessToken(row: row, project: project))
      }
    }
    for (child, parent) in children {
      guard let token = tables[index(parent)].token(parent) else { continue }
      tables[index(child)].token(child)?.link(token)
    }
    for (shard, table) in zip(shards, tables) {
      let old = shard.content.withLock { content in
        defer { content.table = table }
        return content.table
      }
      old.forEach { token in if table.token(token.hash) !== token { token.retire() } }
    }
    let kept = Set(rows.map(\.id))
    let gone = projects.withLock { projects in
      let gone = projects.filter { !kept.contains($0.key) }
      for id in gone.keys { projects[id] = nil }
      return gone
    }
    for project in gone.values { project.retire() }
  }

  private func put(_ row: ProjectRow) {
    if let project = project(id: row.id) {
      project.reload(row)
    } else {
      let project = Project(row: row, counts: counts, catalog: catalog, budgets: budgets)
      projects.withLock { $0[row.id] = project }
    }
  }

  private func put(_ row: TokenRow, projectID: String) {
    guard let project = project(id: projectID) else { return remove(row.hash) }
    if let token = token(row.hash) {
      if token.project === project {
        token.reload(row)
        return link(row)
      }
      remove(row.hash)
    }
    let token = AccessToken(row: row, project: project)
    if let parent = row.withering?.parent.flatMap({ self.token($0) }) { token.link(parent) }
    shard(of: row.hash).content.withLock { $0.table.insert(token) }
  }

  private func link(_ row: TokenRow) {
    guard let parent = row.withering?.parent.flatMap({ token($0) }) else { return }
    token(row.hash)?.link(parent)
  }

  private func remove(_ hash: TokenHash) {
    shard(of: hash).content.withLock { $0.table.remove(hash) }?.retire()
  }
}
