import ProxyCore
import ProxyStore

/// Makes the first project and its token in the database itself.
enum FirstProject {
  /// What was made.
  struct Issued {
    /// Id of the project.
    let projectID: String
    /// Its name.
    let projectName: String
    /// True when the project was there already; its key is kept then.
    let existed: Bool
    /// The token, with its secret.
    let token: IssuedToken
  }

  /// Opens the database that `plan` names, and makes a project and a token in it.
  static func make(_ plan: SetupPlan) async throws(CommandFailure) -> Issued {
    do {
      var options = StoreOptions(path: plan.database)
      options.readerCount = 1
      if let key = plan.encryptionKey { options.sealingKey = try SealingKey(base64: key.revealText()) }
      let store = try Store(options)
      do {
        let issued = try await make(plan, in: store)
        await store.close()
        return issued
      } catch {
        await store.close()
        throw error
      }
    } catch {
      throw CommandFailure(.failure, "the first project could not be made: \(sentence(error))")
    }
  }

  private static func make(_ plan: SetupPlan, in store: Store) async throws(StoreError) -> Issued {
    let (project, existed) = try await project(plan, in: store)
    let expiry = plan.lifetime.seconds.map { Timestamp.now().advanced(by: .seconds($0)) }
    let token = try await store.createToken(
      TokenCreation(projectID: project.id, expiresAt: expiry, label: "made by setup"))
    if !existed { try await audit("project.create", project: project.id, in: store) }
    try await audit("token.create", project: project.id, token: token.record.id, in: store)
    return Issued(projectID: project.id, projectName: project.name, existed: existed, token: token)
  }

  /// The project of this name: a new one, or the one that an earlier run made.
  private static func project(
    _ plan: SetupPlan, in store: Store
  ) async throws(StoreError) -> (ProjectRecord, existed: Bool) {
    do {
      let key = plan.providerKey ?? Secret("")
      return (try await store.createProject(ProjectCreation(name: plan.project, providerKey: key)), false)
    } catch .nameTaken {
      let all = try await store.listProjects()
      guard let project = all.first(where: { $0.name == plan.project }) else { throw .nameTaken }
      return (project, true)
    }
  }

  private static func audit(
    _ action: String, project: String, token: String? = nil, in store: Store
  ) async throws(StoreError) {
    var record = AuditRecord(action: action, actor: "setup", outcome: .success)
    record.projectID = project
    record.tokenID = token
    _ = try await store.appendAudit(record)
  }

  private static func sentence(_ error: any Error) -> String {
    guard let error = error as? StoreError else { return "\(error)" }
    switch error {
    case .inactiveProject: return "the project of this name is not active; choose another with --project"
    case .nameTaken: return "a project of this name exists"
    default: return "\(error)"
    }
  }
}
