-- items: JSON list of {id, title, kind, spec, width}. version: counts changes, so that nobody overwrites what they have not seen.
CREATE TABLE board (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  items TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) WITHOUT ROWID;
