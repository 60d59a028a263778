-- Files that go out with messages, and the id under which WeCom has each now. kind: image, video, file. due_at: when the id is next to be fetched.
CREATE TABLE reach_file (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  type TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  media TEXT NOT NULL,
  expires_at BIGINT,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  error TEXT
) WITHOUT ROWID;
CREATE INDEX reach_file_due ON reach_file (due_at);
CREATE TABLE reach_file_body (
  file TEXT PRIMARY KEY,
  body BLOB NOT NULL
);

-- Welcomes in the order they are tried. conditions: JSON. content: sealed JSON. kind: send, silent.
CREATE TABLE welcome_rule (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  sort BIGINT NOT NULL,
  active BIGINT NOT NULL,
  kind TEXT NOT NULL,
  conditions TEXT NOT NULL,
  content BLOB NOT NULL,
  files TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL
) WITHOUT ROWID;

-- One row for each customer who came. hash: keyed digest of the welcome code, else of the event. code: sealed, empty once it is used.
-- state: 0 waiting, 1 being sent, 2 sent, 3 skipped, 4 failed. told: 0 its event is not in the log yet, 1 it is, 2 it will not be.
CREATE TABLE welcome (
  id IDENTITY_KEY,
  hash TEXT NOT NULL UNIQUE,
  contact TEXT NOT NULL,
  staff TEXT NOT NULL,
  userid TEXT NOT NULL,
  store TEXT NOT NULL,
  channel TEXT NOT NULL,
  code BLOB NOT NULL,
  at BIGINT NOT NULL,
  until BIGINT NOT NULL,
  state BIGINT NOT NULL,
  holder TEXT NOT NULL,
  rule TEXT NOT NULL,
  reason TEXT NOT NULL,
  ended_at BIGINT,
  told BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX welcome_open ON welcome (id) WHERE state < 2;
CREATE INDEX welcome_untold ON welcome (id) WHERE state > 1 AND told = 0;
CREATE INDEX welcome_rule_at ON welcome (rule, at);
CREATE INDEX welcome_at ON welcome (at);
CREATE INDEX welcome_contact ON welcome (contact);
