-- Who may sign in. The address is kept in lower case, so that one person cannot exist twice.
CREATE TABLE access_user (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password TEXT NOT NULL,
  role TEXT NOT NULL,
  scope TEXT NOT NULL,
  locale TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_login_at BIGINT
) WITHOUT ROWID;

-- Only the token's SHA-256: a stolen database opens no session.
CREATE TABLE access_session (
  token_hash BLOB PRIMARY KEY,
  user_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX access_session_user ON access_session (user_id);

-- Attempts to sign in, counted by account and by address (both digested) within a window.
CREATE TABLE access_attempt (
  subject TEXT PRIMARY KEY,
  since BIGINT NOT NULL,
  n BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE access_key (
  id TEXT PRIMARY KEY,
  token_hash BLOB NOT NULL UNIQUE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  role TEXT,
  prefix TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  revoked_at BIGINT
) WITHOUT ROWID;

-- Who did what. Rows are only ever added.
CREATE TABLE access_audit (
  id IDENTITY_KEY,
  at BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  actor_name TEXT,
  action TEXT NOT NULL,
  object TEXT,
  detail TEXT NOT NULL,
  ip TEXT,
  request_id TEXT
);
CREATE INDEX access_audit_at ON access_audit (at);
CREATE INDEX access_audit_actor ON access_audit (actor_id, id);
CREATE INDEX access_audit_action ON access_audit (action, id);
CREATE INDEX access_audit_object ON access_audit (object, id);
