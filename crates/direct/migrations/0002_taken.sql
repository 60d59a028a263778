-- What the provider calls an SMS that it has taken: not every report brings our own id back.
ALTER TABLE direct_person ADD COLUMN taken_as TEXT NOT NULL DEFAULT '';
CREATE INDEX direct_person_taken ON direct_person (taken_as) WHERE taken_as <> '';
-- Reports that are here before the answer to what they are about, for a day. failed: the code, '' when it has arrived.
CREATE TABLE direct_early (
  taken_as TEXT NOT NULL,
  address BLOB NOT NULL,
  failed TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (taken_as, address)
) WITHOUT ROWID;
CREATE INDEX direct_early_at ON direct_early (at);
