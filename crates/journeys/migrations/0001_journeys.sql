-- state: draft, running, paused, ending, ended. draft: the definition that is edited. version: the newest that was published, 0 is none.
-- edits: counts changes by hand. entered: entries ever. next_at: when a schedule lets people in. moving: the version that people inside are moved
-- to by and by, those behind moved_num; 0 when nobody is.
CREATE TABLE journey (
  num IDENTITY_KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  draft TEXT NOT NULL,
  version BIGINT NOT NULL,
  edits BIGINT NOT NULL,
  entered BIGINT NOT NULL,
  next_at BIGINT,
  moving BIGINT NOT NULL,
  moved_num BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  started_at BIGINT,
  ended_at BIGINT
);
CREATE INDEX journey_open ON journey (num) WHERE ended_at IS NULL;

-- What was published, never changed again: people inside walk by the version in their row.
CREATE TABLE journey_version (
  journey BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  note TEXT NOT NULL,
  published_at BIGINT NOT NULL,
  published_by TEXT NOT NULL,
  PRIMARY KEY (journey, version)
) WITHOUT ROWID;

-- A node's number is its id's for ever, whatever the version.
CREATE TABLE journey_node (
  journey BIGINT NOT NULL,
  node BIGINT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (journey, node)
) WITHOUT ROWID;
CREATE UNIQUE INDEX journey_node_id ON journey_node (journey, id);

-- One row for each person and entry. state: 0 inside, 1 finished, 2 left before the end. due_at: when they are looked at next; none once they have
-- ended. stage, step, open, at: see model.rs. trail: the way they went, see trail.rs.
CREATE TABLE journey_person (
  journey BIGINT NOT NULL,
  num BIGINT NOT NULL,
  entry BIGINT NOT NULL,
  version BIGINT NOT NULL,
  node BIGINT NOT NULL,
  step BIGINT NOT NULL,
  stage BIGINT NOT NULL,
  open BIGINT NOT NULL,
  state BIGINT NOT NULL,
  reason TEXT NOT NULL,
  due_at BIGINT,
  at BIGINT NOT NULL,
  entered_at BIGINT NOT NULL,
  ended_at BIGINT,
  trail BLOB NOT NULL,
  PRIMARY KEY (journey, num, entry)
) WITHOUT ROWID;
CREATE INDEX journey_person_due ON journey_person (journey, due_at, num, entry) WHERE due_at IS NOT NULL;

-- Effects that were decided, written with the step. order_code: 0 do, 1 remind, 2 ask somebody else, 3 take back. state: 0 to be handed on, 1 handed
-- on, its outcome awaited. Rows of effects whose outcome is known are gone: the trail has it.
CREATE TABLE journey_effect (
  journey BIGINT NOT NULL,
  num BIGINT NOT NULL,
  entry BIGINT NOT NULL,
  step BIGINT NOT NULL,
  version BIGINT NOT NULL,
  node BIGINT NOT NULL,
  order_code BIGINT NOT NULL,
  about BIGINT NOT NULL,
  state BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (journey, num, entry, step)
) WITHOUT ROWID;
-- In the order they were decided: by its key a search would go through all that are with others.
CREATE INDEX journey_effect_new ON journey_effect (journey, at, num, entry, step) WHERE state = 0;

-- Outcomes that were told and are not worked on yet. outcome: 0 done, 1 skipped, 2 failed.
CREATE TABLE journey_told (
  journey BIGINT NOT NULL,
  num BIGINT NOT NULL,
  entry BIGINT NOT NULL,
  step BIGINT NOT NULL,
  outcome BIGINT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (journey, num, entry, step)
) WITHOUT ROWID;

-- How many, by version and node; changes with the rows it counts. what: 0 inside, 1 finished, 2 left before the end, 3 came, 4 passed on (reason: the
-- way), 5 reached the goal (reason: the arm; node 0: of the journey), 6 moved to another version, 7 outcomes by reason.
CREATE TABLE journey_tally (
  journey BIGINT NOT NULL,
  version BIGINT NOT NULL,
  node BIGINT NOT NULL,
  what BIGINT NOT NULL,
  reason TEXT NOT NULL,
  people BIGINT NOT NULL,
  PRIMARY KEY (journey, version, node, what, reason)
) WITHOUT ROWID;

-- People who are to come in, some thousand a row, ascending: nums holds the differences as varints.
CREATE TABLE journey_part (
  journey BIGINT NOT NULL,
  part BIGINT NOT NULL,
  people BIGINT NOT NULL,
  nums BLOB NOT NULL,
  PRIMARY KEY (journey, part)
) WITHOUT ROWID;

-- How far the log has been read.
CREATE TABLE journey_clock (
  name TEXT PRIMARY KEY,
  seq BIGINT NOT NULL
) WITHOUT ROWID;
