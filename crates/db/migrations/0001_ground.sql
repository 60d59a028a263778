-- Settings of the workspace that are not secret.
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- Who may do a periodic or exclusive job now. Several processes may share one workspace.
CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  until BIGINT NOT NULL
) WITHOUT ROWID;

-- Effects on the outside world. `dedupe` is unique for ever: the same decision repeated is the same row.
CREATE TABLE outbox (
  id IDENTITY_KEY,
  topic TEXT NOT NULL,
  dedupe TEXT NOT NULL UNIQUE,
  payload BLOB NOT NULL,
  due_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'waiting',
  claimed_until BIGINT NOT NULL DEFAULT 0,
  last_error TEXT
);
CREATE INDEX outbox_due ON outbox (topic, due_at) WHERE state = 'waiting';
