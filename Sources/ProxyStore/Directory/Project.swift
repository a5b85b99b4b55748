public import ProxyCore
internal import Synchronization

/// A project in the directory: who pays, and the key to pay with. One instance per project while it exists;
/// its fields follow the database. Any thread.
public final class Project: Sendable {
  /// UUID text.
  public let id: String
  let counts: CountQueue
  let catalog: PolicyCatalog
  let budgets: BudgetQueue
  private let active: Atomic<Bool>
  private let hasPolicies: Atomic<Bool>
  private let isBudgetLimited: Atomic<Bool>
  private let fields: Mutex<Fields>

  private struct Fields {
    var name: String
    var key: StoredProviderKey
    var policies: OwnPolicies
    var budget: BudgetAccount?
  }

  init(row: ProjectRow, counts: CountQueue, catalog: PolicyCatalog, budgets: BudgetQueue) {
    id = row.id
    self.counts = counts
    self.catalog = catalog
    self.budgets = budgets
    active = Atomic(row.isActive)
    let policies = catalog.policies(policy: row.policy, metadata: row.metadata)
    hasPolicies = Atomic(!policies.isEmpty)
    isBudgetLimited = Atomic(false)
    fields = Mutex(Fields(name: row.name, key: row.key, policies: policies))
    setBudget(row.budget)
  }

  /// False when it was deactivated or deleted; its tokens then answer `.projectInactive`.
  public var isActive: Bool {
    // Nothing is published through this flag: the key is read under its own lock.
    active.load(ordering: .relaxed)
  }

  /// Name at this moment.
  public var name: String { fields.withLock { $0.name } }

  /// What it may spend; `nil` when that is not limited.
  public var budget: BudgetAccount? {
    // A flag first: most projects have none, and their lock is spared. The account is read under the lock.
    isBudgetLimited.load(ordering: .relaxed) ? fields.withLock { $0.budget } : nil
  }

  /// The provider's key at this moment; `nil` when it cannot be read (answer 503 `upstream_auth_error`).
  public var providerKey: Secret? {
    fields.withLock { if case .readable(let key) = $0.key, !key.isEmpty { key } else { nil } }
  }

  /// Why `providerKey` is `nil`, with the remedy, for logs and the admin pages; `nil` when it is not.
  public var providerKeyProblem: String? {
    fields.withLock { fields in
      if let problem = fields.key.problem { return problem }
      if case .readable(let key) = fields.key, key.isEmpty { return "the project has no provider key" }
      return nil
    }
  }

  /// Its policies at this moment; `nil` when it has none, which costs no lock.
  var ownPolicies: OwnPolicies? {
    // Acquiring: who is told of a new policy after its operation has returned sees the fields it was put into.
    guard hasPolicies.load(ordering: .acquiring) else { return nil }
    return fields.withLock { $0.policies }
  }

  /// False when the key is sealed and cannot be opened.
  var isKeyReadable: Bool { fields.withLock { $0.key.problem == nil } }

  /// Takes over a row read later than the last one.
  func reload(_ row: ProjectRow) {
    let policies = catalog.policies(policy: row.policy, metadata: row.metadata)
    fields.withLock { $0 = Fields(name: row.name, key: row.key, policies: policies, budget: $0.budget) }
    hasPolicies.store(!policies.isEmpty, ordering: .releasing)
    active.store(row.isActive, ordering: .relaxed)
    setBudget(row.budget)
  }

  /// The account stays when the limits go, because exchanges under way still settle with it.
  private func setBudget(_ limits: BudgetLimits?) {
    let account = fields.withLock { fields -> BudgetAccount? in
      if fields.budget == nil, let limits {
        fields.budget = BudgetAccount(key: BudgetKey(scope: .project, id: id), limits: limits, queue: budgets)
      }
      return fields.budget
    }
    account?.setLimits(limits ?? BudgetLimits())
    isBudgetLimited.store(limits != nil, ordering: .relaxed)
  }

  /// The row is gone: exchanges that still hold this instance find it inactive and without a key.
  func retire() {
    active.store(false, ordering: .relaxed)
    fields.withLock { $0.key = .readable(Secret("")) }
  }
}

/// The columns of a project that traffic needs.
struct ProjectRow: Sendable {
  var id: String
  var name: String
  var isActive: Bool
  var key: StoredProviderKey
  /// The `policy` column.
  var policy: String?
  /// The `metadata` column.
  var metadata: String?
  var budget: BudgetLimits?
}
