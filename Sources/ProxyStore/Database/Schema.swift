/// The SQL of the tables. `projects`, `tokens` and `audit_events` are the Go program's, name by name, so that
/// its file opens as it is and it could open ours; everything else is added beside them and does not disturb
/// it.
enum Schema {
  /// What the Go program creates on every start.
  static let goProgram = """
    CREATE TABLE IF NOT EXISTS projects (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        api_key TEXT NOT NULL,
        is_active BOOLEAN NOT NULL DEFAULT 1,
        deactivated_at DATETIME,
        created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
        updated_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
    );
    CREATE TABLE IF NOT EXISTS tokens (
        id TEXT PRIMARY KEY,
        token TEXT NOT NULL UNIQUE,
        project_id TEXT NOT NULL,
        expires_at DATETIME,
        is_active BOOLEAN NOT NULL DEFAULT 1,
        deactivated_at DATETIME,
        request_count INTEGER NOT NULL DEFAULT 0,
        max_requests INTEGER,
        created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
        last_used_at DATETIME,
        cache_hit_count INTEGER NOT NULL DEFAULT 0,
        FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE
    );
    """

  static func auditTable(_ name: String) -> String {
    """
    CREATE TABLE IF NOT EXISTS \(name) (
        id TEXT PRIMARY KEY,
        timestamp DATETIME NOT NULL,
        action TEXT NOT NULL,
        actor TEXT NOT NULL,
        project_id TEXT,
        request_id TEXT,
        correlation_id TEXT,
        client_ip TEXT,
        method TEXT,
        path TEXT,
        user_agent TEXT,
        outcome TEXT NOT NULL CHECK (outcome IN ('success', 'failure', 'denied', 'error')),
        reason TEXT,
        token_id TEXT,
        metadata TEXT
    );
    """
  }

  static let auditColumns = """
    id, timestamp, action, actor, project_id, request_id, correlation_id, client_ip, method, path, \
    user_agent, outcome, reason, token_id, metadata
    """

  static let goIndexes = """
    CREATE INDEX IF NOT EXISTS idx_projects_name ON projects(name);
    CREATE INDEX IF NOT EXISTS idx_tokens_token ON tokens(token);
    CREATE INDEX IF NOT EXISTS idx_tokens_project_id ON tokens(project_id);
    CREATE INDEX IF NOT EXISTS idx_tokens_expires_at ON tokens(expires_at);
    CREATE INDEX IF NOT EXISTS idx_tokens_is_active ON tokens(is_active);
    CREATE INDEX IF NOT EXISTS idx_audit_timestamp ON audit_events(timestamp);
    CREATE INDEX IF NOT EXISTS idx_audit_action ON audit_events(action);
    CREATE INDEX IF NOT EXISTS idx_audit_project_id ON audit_events(project_id);
    CREATE INDEX IF NOT EXISTS idx_audit_client_ip ON audit_events(client_ip);
    CREATE INDEX IF NOT EXISTS idx_audit_request_id ON audit_events(request_id);
    CREATE INDEX IF NOT EXISTS idx_audit_outcome ON audit_events(outcome);
    CREATE INDEX IF NOT EXISTS idx_audit_ip_action ON audit_events(client_ip, action);
    """

  /// Columns of ours in the Go program's tables; it neither reads nor writes them.
  static let addedColumns: [(table: String, column: String, declaration: String)] = [
    ("projects", "deleted_at", "DATETIME"),
    ("projects", "deleted_name", "TEXT"),
    ("tokens", "label", "TEXT"),
    ("tokens", "token_mask", "TEXT"),
    ("audit_events", "chain_index", "INTEGER"),
    ("audit_events", "chain_hash", "TEXT"),
  ]

  static let listIndexes = """
    CREATE INDEX llmp_tokens_created ON tokens(created_at, id);
    CREATE INDEX llmp_tokens_project_created ON tokens(project_id, created_at, id);
    CREATE UNIQUE INDEX llmp_audit_chain_index ON audit_events(chain_index) WHERE chain_index IS NOT NULL;
    """

  /// The newest link of the audit chain: what the next row is hashed with, and proof that the end was not cut
  /// off.
  static let auditChain = """
    CREATE TABLE llmp_audit_chain (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        last_index INTEGER NOT NULL,
        last_hash TEXT NOT NULL
    );
    INSERT INTO llmp_audit_chain (id, last_index, last_hash) VALUES (1, 0, '');
    """

  /// Where the chain begins after old events were removed: the last one removed, and its hash. Zero and nothing
  /// while it begins at its first event.
  static let auditAnchor: [(column: String, declaration: String)] = [
    ("anchor_index", "INTEGER NOT NULL DEFAULT 0"), ("anchor_hash", "TEXT NOT NULL DEFAULT ''"),
  ]

  static let usageEntries = """
    CREATE TABLE usage_entries (
        id INTEGER PRIMARY KEY,
        started_ms INTEGER NOT NULL,
        duration_us INTEGER NOT NULL,
        first_byte_us INTEGER,
        request_id TEXT NOT NULL,
        project_id TEXT,
        token_id TEXT,
        api TEXT,
        provider TEXT,
        model TEXT,
        operation TEXT,
        status INTEGER NOT NULL,
        is_stream INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        cached_input_tokens INTEGER NOT NULL,
        reasoning_tokens INTEGER NOT NULL,
        total_tokens INTEGER NOT NULL,
        provenance TEXT NOT NULL,
        request_bytes INTEGER NOT NULL,
        response_bytes INTEGER NOT NULL
    );
    CREATE INDEX usage_entries_started ON usage_entries(started_ms);
    """

  /// What lists of tokens are read by: one index for each order, small ones for the rare states, and those that a
  /// search looks into.
  static let policyIndexes = """
    CREATE INDEX IF NOT EXISTS llmp_tokens_last_used ON tokens(coalesce(last_used_at, ''), id);
    CREATE INDEX IF NOT EXISTS llmp_tokens_expiry ON tokens(coalesce(expires_at, '~'), id);
    CREATE INDEX IF NOT EXISTS llmp_tokens_request_count ON tokens(request_count, id);
    CREATE INDEX IF NOT EXISTS llmp_tokens_live ON tokens(coalesce(expires_at, '~')) WHERE is_active;
    CREATE INDEX IF NOT EXISTS llmp_tokens_revoked ON tokens(id) WHERE NOT is_active;
    CREATE INDEX IF NOT EXISTS llmp_tokens_used_up ON tokens(id)
        WHERE max_requests > 0 AND request_count >= max_requests;
    CREATE INDEX IF NOT EXISTS llmp_tokens_label ON tokens(label) WHERE label IS NOT NULL;
    CREATE INDEX IF NOT EXISTS llmp_tokens_mask ON tokens(token_mask);
    """

  static let policyIndexNames = [
    "llmp_tokens_last_used", "llmp_tokens_expiry", "llmp_tokens_request_count", "llmp_tokens_live",
    "llmp_tokens_revoked", "llmp_tokens_used_up", "llmp_tokens_label", "llmp_tokens_mask",
  ]
}
