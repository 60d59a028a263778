-- What a caller's repeated request has made already, by the key that the caller gave it. what: message, broadcast, group_message, moment.
CREATE TABLE reach_once (
  caller TEXT NOT NULL,
  key TEXT NOT NULL,
  what TEXT NOT NULL,
  id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (caller, key)
) WITHOUT ROWID;
CREATE INDEX reach_once_at ON reach_once (at);
