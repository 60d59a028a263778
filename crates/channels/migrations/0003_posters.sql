-- What posters look like. design: JSON. pictures: a JSON list of those it shows.
CREATE TABLE poster (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  design TEXT NOT NULL,
  pictures TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  archived_at BIGINT
) WITHOUT ROWID;

-- Pictures of posters. type: the media type. body: sealed.
CREATE TABLE poster_picture (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE poster_picture_body (
  picture TEXT PRIMARY KEY,
  body BLOB NOT NULL
);
