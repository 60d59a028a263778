-- kind: rule (kept live), frozen, list. version: changes whenever somebody edits the row. last_no: the newest change of its members.
-- settled: 0 until the rule was evaluated by whoever keeps it live. people: how many there are now. error: JSON, why the rule cannot be evaluated.
CREATE TABLE audience (
  num IDENTITY_KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  kind TEXT NOT NULL,
  rule TEXT,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  last_no BIGINT NOT NULL,
  settled BIGINT NOT NULL,
  people BIGINT NOT NULL,
  error TEXT
);

-- Members as a whole set (portable roaring bitmap of person numbers) right after change `no`; the first one has no 0.
CREATE TABLE audience_base (
  audience BIGINT NOT NULL,
  no BIGINT NOT NULL,
  day BIGINT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (audience, no)
) WITHOUT ROWID;

-- What changed since, in order. Of a day that is over one row is left. Both sets include people who only got another number (merged, parted).
CREATE TABLE audience_change (
  audience BIGINT NOT NULL,
  no BIGINT NOT NULL,
  day BIGINT NOT NULL,
  at BIGINT NOT NULL,
  entered BLOB NOT NULL,
  gone BLOB NOT NULL,
  PRIMARY KEY (audience, no)
) WITHOUT ROWID;

-- Sizes over time: a row for each day on which something changed. entered, gone: how often, not counting changes of number.
CREATE TABLE audience_day (
  audience BIGINT NOT NULL,
  day BIGINT NOT NULL,
  people BIGINT NOT NULL,
  entered BIGINT NOT NULL,
  gone BIGINT NOT NULL,
  PRIMARY KEY (audience, day)
) WITHOUT ROWID;

-- How far memberships are right: the log up to `seq`, days up to `day`, ends of tags up to `at`.
CREATE TABLE audience_clock (
  name TEXT PRIMARY KEY,
  seq BIGINT NOT NULL,
  day BIGINT NOT NULL,
  at BIGINT NOT NULL
) WITHOUT ROWID;

-- state: waiting, approved, rejected, done. people: the set that was asked for and decided on.
CREATE TABLE audience_export (
  id TEXT PRIMARY KEY,
  audience BIGINT NOT NULL,
  audience_id TEXT NOT NULL,
  audience_name TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  columns TEXT NOT NULL,
  body BLOB NOT NULL,
  people BIGINT NOT NULL,
  unmasked BIGINT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_name TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  decided_by TEXT,
  decided_name TEXT,
  decided_at BIGINT,
  decision TEXT,
  done_at BIGINT,
  downloads BIGINT NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX audience_export_audience ON audience_export (audience, id);
