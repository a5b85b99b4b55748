internal import GRDB

/// The log of changes that traffic must know of, and the triggers that fill it.
///
/// Every such change leaves a line in `llmp_changes`, whoever makes it: this program in any number of processes,
/// the Go program, or a shell. That is how a directory in memory learns of it.
///
/// Counting does not: `request_count` only matters when it goes down, which frees counts. A deleted token is
/// named by its hash; one stored in clear is not named at all (everything is read again), so that no secret gets
/// here.
enum ChangeTriggers {
  /// Columns whose change traffic must learn of. One that a file does not have yet is left out, so a migration
  /// that adds a column has nothing to do but to stand here.
  static let projectColumns = [
    "id", "name", "api_key", "is_active", "deleted_at", "policy", "metadata", "budget",
  ]
  /// As for projects.
  static let tokenColumns = [
    "id", "token", "project_id", "expires_at", "is_active", "max_requests", "label", "policy", "metadata",
    "budget", "idle_seconds", "renew_seconds", "renew_until", "parent_id",
  ]

  static let table = "CREATE TABLE llmp_changes (seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key TEXT);"

  /// Names of all triggers made here.
  private static let names = [
    "llmp_project_inserted", "llmp_project_updated", "llmp_project_deleted", "llmp_token_inserted",
    "llmp_token_updated", "llmp_token_expiry_updated", "llmp_token_count_lowered", "llmp_token_deleted",
  ]

  /// Takes the triggers away.
  static func drop(_ db: Database) throws {
    for name in names { try db.execute(sql: "DROP TRIGGER IF EXISTS \(name)") }
  }

  /// Makes the triggers for the columns there are now; does nothing before there is a change log.
  static func rebuild(_ db: Database) throws {
    try drop(db)
    guard try Migrator.exists("llmp_changes", db) else { return }
    let projects = try Migrator.columns(of: "projects", db)
    let tokens = try Migrator.columns(of: "tokens", db)
    let hasRenewal = tokens.contains("renew_seconds")
    let watched = tokenColumns.filter { tokens.contains($0) && !(hasRenewal && $0 == "expires_at") }
    try db.execute(sql: sql(projects: projectColumns.filter(projects.contains), tokens: watched))
    if hasRenewal { try db.execute(sql: expiryTrigger) }
  }

  /// A renewal moves `expires_at` together with `last_used_at`, up to ten times a second, and no directory has
  /// to hear of it: who finds such a token expired looks at its row first. Everything else that changes an
  /// expiry is a change that traffic must know of.
  private static let expiryTrigger = """
    CREATE TRIGGER llmp_token_expiry_updated AFTER UPDATE OF expires_at ON tokens
    WHEN NEW.expires_at IS NOT OLD.expires_at
        AND (NEW.renew_seconds IS NULL OR NEW.last_used_at IS OLD.last_used_at) BEGIN
        INSERT INTO llmp_changes (kind, key) VALUES (2, NEW.id);
    END;
    """

  private static func sql(projects: [String], tokens: [String]) -> String {
    """
    CREATE TRIGGER llmp_project_inserted AFTER INSERT ON projects BEGIN
        INSERT INTO llmp_changes (kind, key) VALUES (1, NEW.id);
    END;
    CREATE TRIGGER llmp_project_updated
    AFTER UPDATE OF \(projects.joined(separator: ", ")) ON projects BEGIN
        INSERT INTO llmp_changes (kind, key) VALUES (1, OLD.id);
        INSERT INTO llmp_changes (kind, key) SELECT 1, NEW.id WHERE NEW.id <> OLD.id;
    END;
    CREATE TRIGGER llmp_project_deleted AFTER DELETE ON projects BEGIN
        INSERT INTO llmp_changes (kind, key) VALUES (1, OLD.id);
    END;
    CREATE TRIGGER llmp_token_inserted AFTER INSERT ON tokens BEGIN
        INSERT INTO llmp_changes (kind, key) VALUES (2, NEW.id);
    END;
    CREATE TRIGGER llmp_token_updated
    AFTER UPDATE OF \(tokens.joined(separator: ", ")) ON tokens BEGIN
        INSERT INTO llmp_changes (kind, key) VALUES (2, NEW.id);
        INSERT INTO llmp_changes (kind, key)
        SELECT 3, OLD.token WHERE OLD.token <> NEW.token AND length(OLD.token) = 64;
    END;
    CREATE TRIGGER llmp_token_count_lowered AFTER UPDATE OF request_count ON tokens
    WHEN NEW.request_count < OLD.request_count BEGIN
        INSERT INTO llmp_changes (kind, key) VALUES (2, NEW.id);
    END;
    CREATE TRIGGER llmp_token_deleted AFTER DELETE ON tokens BEGIN
        INSERT INTO llmp_changes (kind, key)
        VALUES (3, CASE WHEN length(OLD.token) = 64 THEN OLD.token END);
    END;
    """
  }
}
