"""A database as the Go program leaves it: its schema to the letter, its value formats, its zone."""

import base64
import datetime
import hashlib
import sqlite3
import uuid

# `scripts/schema.sql` of the Go program.
SCHEMA = """
CREATE TABLE IF NOT EXISTS projects (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    api_key TEXT NOT NULL,
    is_active BOOLEAN NOT NULL DEFAULT 1,
    deactivated_at DATETIME,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX IF NOT EXISTS idx_projects_name ON projects(name);
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
CREATE INDEX IF NOT EXISTS idx_tokens_token ON tokens(token);
CREATE INDEX IF NOT EXISTS idx_tokens_project_id ON tokens(project_id);
CREATE INDEX IF NOT EXISTS idx_tokens_expires_at ON tokens(expires_at);
CREATE INDEX IF NOT EXISTS idx_tokens_is_active ON tokens(is_active);
CREATE TABLE IF NOT EXISTS audit_events (
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
CREATE INDEX IF NOT EXISTS idx_audit_timestamp ON audit_events(timestamp);
CREATE INDEX IF NOT EXISTS idx_audit_action ON audit_events(action);
CREATE INDEX IF NOT EXISTS idx_audit_project_id ON audit_events(project_id);
CREATE INDEX IF NOT EXISTS idx_audit_client_ip ON audit_events(client_ip);
CREATE INDEX IF NOT EXISTS idx_audit_request_id ON audit_events(request_id);
CREATE INDEX IF NOT EXISTS idx_audit_outcome ON audit_events(outcome);
CREATE INDEX IF NOT EXISTS idx_audit_ip_action ON audit_events(client_ip, action);
"""

ENCRYPTION_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
PROVIDER_KEYS = ["sk-provider-key-0123456789abcdef", "sk-second-provider-key-abcdef012345"]
# PROVIDER_KEYS under ENCRYPTION_KEY: AES-256-GCM by another implementation (pyca/cryptography), nonce first.
SEALED_KEYS = [
    "enc:v1:bm9uY2Utb2YtMTJi89I8I3W+4ApAJ1pWJBruo7jLZvDrNClQXMl8PgeVponKu8IHklilpYT1TNqlS42W",
    "enc:v1:bm9uY2Utbm8tMDAylV/ar2jYEKYfeCVVXJtAuIM+JngISecmB+nxjLblZcc1rnwG+wXV6T7nqhhi9Kc6U+pF",
]


def secret():
    """`sk-` and a UUID in base64url, as the Go program makes them."""
    return "sk-" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def moment(seconds_from_now=0.0, zone_hours=0.0):
    """A time as the Go driver writes it: `2006-01-02 15:04:05.999999999-07:00` in the value's own zone."""
    zone = datetime.timezone(datetime.timedelta(hours=zone_hours))
    at = datetime.datetime.now(zone) + datetime.timedelta(seconds=seconds_from_now)
    fraction = f"{at.microsecond * 1000 + 123:09d}".rstrip("0")
    return at.strftime("%Y-%m-%d %H:%M:%S") + (f".{fraction}" if fraction else "") + at.strftime("%z")[:3] + ":" + at.strftime("%z")[3:5]


class GoDatabase:
    """Makes the file. `is_encrypted` is the Go program with `ENCRYPTION_KEY`: sealed keys, hashed tokens."""

    def __init__(self, path, is_encrypted=False, zone_hours=0.0):
        self.is_encrypted, self.zone = is_encrypted, zone_hours
        path.parent.mkdir(parents=True, exist_ok=True)
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.executescript(SCHEMA)
        self.projects = [self.project(index) for index in range(2)]

    def moment(self, seconds_from_now=0.0):
        return moment(seconds_from_now, self.zone)

    def project(self, index, is_active=True):
        identifier = str(uuid.uuid4())
        key = (SEALED_KEYS if self.is_encrypted else PROVIDER_KEYS)[index % 2]
        self.database.execute(
            "INSERT INTO projects VALUES (?, ?, ?, ?, NULL, ?, ?)",
            (identifier, f"project {index}", key, is_active, self.moment(-3600), self.moment(-3600)))
        return identifier

    def token(self, project=None, expires_in=3600.0, is_active=True, count=0, limit=None):
        """Adds a token; returns its secret."""
        made = secret()
        stored = hashlib.sha256(made.encode()).hexdigest() if self.is_encrypted else made
        self.database.execute(
            "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, 0)",
            (str(uuid.uuid4()), stored, project or self.projects[0],
             None if expires_in is None else self.moment(expires_in), is_active, count, limit,
             self.moment(-1800), self.moment(-60) if count else None))
        return made

    def event(self, action="token.create"):
        self.database.execute(
            "INSERT INTO audit_events (id, timestamp, action, actor, outcome, metadata) VALUES (?, ?, ?, ?, ?, ?)",
            (str(uuid.uuid4()), self.moment(-60), action, "management_api", "success", "{}"))

    def close(self):
        self.database.close()
