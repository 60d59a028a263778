-- What the behaviour columns' files hold. Derived: all of it can be made anew from the log.
-- home: the folder the files lie in, by an id that lies there too: a database that was moved, copied or restored finds no files that are not its own.
-- seq: the files hold the log up to here. format: the rules by which events became facts. Both change together with the parts, in one unit.
CREATE TABLE behaviour_home (
  home TEXT PRIMARY KEY,
  format BIGINT NOT NULL,
  zone TEXT NOT NULL,
  seq BIGINT NOT NULL,
  left_events BIGINT NOT NULL DEFAULT 0,
  left_properties BIGINT NOT NULL DEFAULT 0,
  left_sealed BIGINT NOT NULL DEFAULT 0,
  left_texts BIGINT NOT NULL DEFAULT 0,
  left_entries BIGINT NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Parts of a bucket are in order of seq_lo. hidden: the people in it whose rows do not count, because they are held by a newer part.
-- damaged: the file is not what was written; its bucket is being made anew.
CREATE TABLE behaviour_part (
  id IDENTITY_KEY,
  home TEXT NOT NULL,
  bucket BIGINT NOT NULL,
  file TEXT NOT NULL,
  seq_lo BIGINT NOT NULL,
  seq_hi BIGINT NOT NULL,
  n BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  hidden BLOB,
  damaged BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX behaviour_part_home ON behaviour_part (home, bucket, seq_lo);

-- Event types (property empty) and their properties that were let in, in the order in which they were.
CREATE TABLE behaviour_name (
  home TEXT NOT NULL,
  no BIGINT NOT NULL,
  event TEXT NOT NULL,
  property TEXT NOT NULL,
  kind BIGINT NOT NULL,
  PRIMARY KEY (home, no)
) WITHOUT ROWID;
