-- A row is one *identity as it was first seen*; people are sets of rows with the same root. Events, orders and tags keep the row they came in
-- with, so a merge moves nothing and an un-merge loses nothing.
-- state: 0 active, 2 erased.
CREATE TABLE person (
  num IDENTITY_KEY,
  root BIGINT NOT NULL,
  state BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  source TEXT NOT NULL
);
CREATE INDEX person_nodes ON person (root) WHERE root <> num;
CREATE INDEX person_erased ON person (num) WHERE state = 2;

-- hash: keyed digest of kind and value. value: sealed for phone and e-mail.
CREATE TABLE identifier (
  hash BLOB PRIMARY KEY,
  num BIGINT NOT NULL,
  kind TEXT NOT NULL,
  value BLOB NOT NULL,
  first_at BIGINT NOT NULL,
  source TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX identifier_num ON identifier (num, kind);

-- Why two identities are one person. A person's edges form a tree: taking one away splits it in two.
CREATE TABLE merge_edge (
  id IDENTITY_KEY,
  node_a BIGINT NOT NULL,
  node_b BIGINT NOT NULL,
  kept BIGINT NOT NULL,
  lost BIGINT NOT NULL,
  reason_kind TEXT NOT NULL,
  reason_hash BLOB,
  at BIGINT NOT NULL,
  source TEXT NOT NULL,
  by_actor TEXT NOT NULL,
  undone_at BIGINT,
  undone_by TEXT,
  undo_reason TEXT
);
CREATE INDEX merge_edge_a ON merge_edge (node_a);
CREATE INDEX merge_edge_b ON merge_edge (node_b);

-- Pairs that a person has declared to be different: never merged again by a rule.
CREATE TABLE person_split (
  a BIGINT NOT NULL,
  b BIGINT NOT NULL,
  at BIGINT NOT NULL,
  by_actor TEXT NOT NULL,
  PRIMARY KEY (a, b)
) WITHOUT ROWID;
CREATE INDEX person_split_b ON person_split (b);

-- Identifiers that were not attached or not followed, and why. One row per person, code and kind.
CREATE TABLE identity_conflict (
  num BIGINT NOT NULL,
  code TEXT NOT NULL,
  kind TEXT NOT NULL,
  other BIGINT NOT NULL,
  at BIGINT NOT NULL,
  times BIGINT NOT NULL,
  PRIMARY KEY (num, code, kind, other)
) WITHOUT ROWID;

CREATE TABLE person_field (
  name TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  label_zh TEXT NOT NULL,
  label_en TEXT NOT NULL,
  sensitive BIGINT NOT NULL,
  locked BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
) WITHOUT ROWID;

-- value: first byte 0 = JSON text, 1 = sealed JSON text.
CREATE TABLE person_trait (
  num BIGINT NOT NULL,
  name TEXT NOT NULL,
  value BLOB NOT NULL,
  at BIGINT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (num, name)
) WITHOUT ROWID;

CREATE TABLE tag_group (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL
) WITHOUT ROWID;

-- num: never given twice, for history and derived data name tags by it.
CREATE TABLE tag (
  num IDENTITY_KEY,
  id TEXT NOT NULL UNIQUE,
  group_id TEXT NOT NULL REFERENCES tag_group (id),
  name TEXT NOT NULL,
  color TEXT NOT NULL,
  kind TEXT NOT NULL,
  description TEXT NOT NULL,
  rule TEXT,
  ttl_days BIGINT,
  created_at BIGINT NOT NULL,
  evaluated_at BIGINT,
  UNIQUE (group_id, name)
);

CREATE TABLE person_tag (
  num BIGINT NOT NULL,
  tag BIGINT NOT NULL,
  at BIGINT NOT NULL,
  by_actor TEXT NOT NULL,
  source TEXT NOT NULL,
  why TEXT NOT NULL,
  expires_at BIGINT,
  PRIMARY KEY (tag, num)
) WITHOUT ROWID;
CREATE INDEX person_tag_num ON person_tag (num);
CREATE INDEX person_tag_expiry ON person_tag (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE tag_history (
  id IDENTITY_KEY,
  num BIGINT NOT NULL,
  tag BIGINT NOT NULL,
  tag_name TEXT NOT NULL,
  action TEXT NOT NULL,
  at BIGINT NOT NULL,
  by_actor TEXT NOT NULL,
  source TEXT NOT NULL,
  why TEXT NOT NULL
);
CREATE INDEX tag_history_num ON tag_history (num, id);

-- A ledger: rows are only added; the newest one per purpose and channel is in force.
CREATE TABLE consent (
  id IDENTITY_KEY,
  num BIGINT NOT NULL,
  purpose TEXT NOT NULL,
  channel TEXT NOT NULL,
  granted BIGINT NOT NULL,
  text_version TEXT NOT NULL,
  at BIGINT NOT NULL,
  source TEXT NOT NULL,
  evidence TEXT NOT NULL,
  by_actor TEXT NOT NULL
);
CREATE INDEX consent_num ON consent (num, id);

CREATE TABLE erasure (
  id TEXT PRIMARY KEY,
  num BIGINT NOT NULL,
  at BIGINT NOT NULL,
  by_actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  identifiers BIGINT NOT NULL,
  events BIGINT NOT NULL,
  orders BIGINT NOT NULL,
  digest TEXT NOT NULL
) WITHOUT ROWID;
