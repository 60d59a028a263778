-- The rules in force are those of the highest version; older ones stay, for decisions name the version they were made by.
CREATE TABLE gate_rules (
  version BIGKEY,
  body TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL
);

-- A message for many people. kind: message, broadcast. state: running, paused, cancelled, ended. undecided: people of parts that are not decided yet.
-- due_at: when the next part may be decided. per_hour: 0 is as fast as it goes.
CREATE TABLE gate_run (
  num IDENTITY_KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  class BIGINT NOT NULL,
  channel BIGINT NOT NULL,
  worth REAL NOT NULL,
  holdout REAL NOT NULL,
  per_hour BIGINT NOT NULL,
  start_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  people BIGINT NOT NULL,
  undecided BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX gate_run_open ON gate_run (num) WHERE ended_at IS NULL;

-- People of a run who are not decided yet, some thousand a row, ascending: nums holds the differences as varints.
CREATE TABLE gate_part (
  run BIGINT NOT NULL,
  part BIGINT NOT NULL,
  lo BIGINT NOT NULL,
  hi BIGINT NOT NULL,
  people BIGINT NOT NULL,
  nums BLOB NOT NULL,
  PRIMARY KEY (run, part)
) WITHOUT ROWID;

-- One row for each person and run that was decided. state: 0 waits until `until`, 1 was let through and is on its way until `until`, 2 sent,
-- 3 skipped, 4 failed. asked_at: when it was first decided. root: who `num` was then, whose memory holds the touch.
CREATE TABLE gate_decision (
  run BIGINT NOT NULL,
  num BIGINT NOT NULL,
  root BIGINT NOT NULL,
  state BIGINT NOT NULL,
  reason TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  at BIGINT NOT NULL,
  until BIGINT NOT NULL,
  rules BIGINT NOT NULL,
  PRIMARY KEY (run, num)
) WITHOUT ROWID;
CREATE INDEX gate_decision_num ON gate_decision (num, run);
CREATE INDEX gate_decision_waits ON gate_decision (run, until, num) WHERE state = 0;
CREATE INDEX gate_decision_rivals ON gate_decision (num) WHERE state = 0;

-- What people had lately and what is on its way to them: see touch.rs.
CREATE TABLE gate_person (
  num BIGKEY,
  touches BLOB NOT NULL
);

-- How many people of a run are in each state, by reason. Changes with the rows it counts.
CREATE TABLE gate_tally (
  run BIGINT NOT NULL,
  state BIGINT NOT NULL,
  reason TEXT NOT NULL,
  people BIGINT NOT NULL,
  PRIMARY KEY (run, state, reason)
) WITHOUT ROWID;
