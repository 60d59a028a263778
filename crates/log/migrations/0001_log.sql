-- The truth: what happened, in the order it was committed. `seq` has no gaps and no late arrivals.
CREATE TABLE log_batch (
  seq BIGKEY,
  at_min BIGINT NOT NULL,
  at_max BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  n BIGINT NOT NULL,
  body BLOB NOT NULL
);

-- How far each reader of the log has come.
CREATE TABLE log_cursor (
  name TEXT PRIMARY KEY,
  seq BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE log_total (
  name TEXT PRIMARY KEY,
  n BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO log_total (name, n) VALUES ('events', 0), ('system', 0);

-- Look-up by message and by person: sorted runs over ranges of batches, merged in the background. Derived; `siyu rebuild` makes them anew.
-- state: 0 being built, 1 in use, 2 to be deleted.
CREATE TABLE log_run (
  id IDENTITY_KEY,
  kind BIGINT NOT NULL,
  level BIGINT NOT NULL,
  seq_lo BIGINT NOT NULL,
  seq_hi BIGINT NOT NULL,
  n BIGINT NOT NULL,
  state BIGINT NOT NULL,
  died_at BIGINT NOT NULL DEFAULT 0,
  firsts BLOB NOT NULL,
  filter BLOB
);

CREATE TABLE log_chunk (
  run BIGINT NOT NULL,
  no BIGINT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (run, no)
) WITHOUT ROWID;
