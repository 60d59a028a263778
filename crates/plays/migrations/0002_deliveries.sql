-- Webhooks stay for some days after they were sent, as what became of them. of: the journey's id. host: the receiver. state: 0 to be sent, 1 taken, 2 given
-- up, 3 taken back. at: when it was decided. tries: failures that count; attempts: all tries. tried: the last ones, JSON.
ALTER TABLE play_hook ADD COLUMN of TEXT NOT NULL DEFAULT '';
ALTER TABLE play_hook ADD COLUMN node TEXT NOT NULL DEFAULT '';
ALTER TABLE play_hook ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE play_hook ADD COLUMN state BIGINT NOT NULL DEFAULT 0;
ALTER TABLE play_hook ADD COLUMN at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE play_hook ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE play_hook ADD COLUMN ended_at BIGINT;
ALTER TABLE play_hook ADD COLUMN tried TEXT NOT NULL DEFAULT '[]';
DROP INDEX play_hook_due;
CREATE INDEX play_hook_waits ON play_hook (host, due_at) WHERE state = 0;
CREATE INDEX play_hook_who ON play_hook (num, host, at);
CREATE INDEX play_hook_log ON play_hook (journey, at);
CREATE INDEX play_hook_over ON play_hook (ended_at) WHERE state <> 0;

-- Receivers that fail: how often in a row, since when, and when they are asked next. Others have no row.
CREATE TABLE play_endpoint (
  host TEXT PRIMARY KEY,
  failures BIGINT NOT NULL,
  since BIGINT NOT NULL,
  open_at BIGINT NOT NULL,
  error TEXT NOT NULL,
  status BIGINT
) WITHOUT ROWID;

-- Keys that webhooks were signed with, the newest last; without a row it is the first.
CREATE TABLE play_hook_key (
  num BIGINT PRIMARY KEY,
  at BIGINT NOT NULL
) WITHOUT ROWID;
