-- Digests come in no order: as the key of one B-tree they cost a page each once it outgrows memory. On SQLite the rows lie with their person
-- instead, and a look-up from digest to person is kept beside them: the newest entries in `identifier_new`, the rest in sorted runs.
-- PostgreSQL keeps its unique index, which is also what tells two units apart that bring the same identifier; there these tables stay empty.
-- SQLite only:
CREATE TABLE identifier_by_person (
  num BIGINT NOT NULL,
  hash BLOB NOT NULL,
  kind TEXT NOT NULL,
  value BLOB NOT NULL,
  first_at BIGINT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (num, hash)
) WITHOUT ROWID;
INSERT INTO identifier_by_person (num, hash, kind, value, first_at, source)
  SELECT num, hash, kind, value, first_at, source FROM identifier ORDER BY num, hash;
DROP TABLE identifier;
ALTER TABLE identifier_by_person RENAME TO identifier;
-- end

-- Derived: made anew at the start when it is missing. key: the first eight bytes of the digest.
CREATE TABLE identifier_new (
  key BIGINT NOT NULL,
  num BIGINT NOT NULL,
  PRIMARY KEY (key, num)
) WITHOUT ROWID;

-- Columns and states as in log/0001_log; an entry's place is the person's number.
CREATE TABLE identifier_run (
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

CREATE TABLE identifier_chunk (
  run BIGINT NOT NULL,
  no BIGINT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (run, no)
) WITHOUT ROWID;
