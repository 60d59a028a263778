-- Messages that journeys have decided: gathered with others of their node (message is NULL), then in a message, in which the person is root. Rows whose
-- outcome has been told are gone.
CREATE TABLE play_message (
  journey BIGINT NOT NULL,
  num BIGINT NOT NULL,
  entry BIGINT NOT NULL,
  step BIGINT NOT NULL,
  version BIGINT NOT NULL,
  node TEXT NOT NULL,
  root BIGINT NOT NULL,
  message TEXT,
  PRIMARY KEY (journey, num, entry, step)
) WITHOUT ROWID;
CREATE INDEX play_message_gathers ON play_message (journey, version, node, num) WHERE message IS NULL;
CREATE UNIQUE INDEX play_message_in ON play_message (message, root) WHERE message IS NOT NULL;

-- Nodes with messages that gather. said: what the node says, JSON.
CREATE TABLE play_gathering (
  journey BIGINT NOT NULL,
  version BIGINT NOT NULL,
  node TEXT NOT NULL,
  of TEXT NOT NULL,
  name TEXT NOT NULL,
  said TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  PRIMARY KEY (journey, version, node)
) WITHOUT ROWID;
CREATE INDEX play_gathering_due ON play_gathering (due_at);

-- Webhooks that are to be sent, and tried again. body: sealed.
CREATE TABLE play_hook (
  journey BIGINT NOT NULL,
  num BIGINT NOT NULL,
  entry BIGINT NOT NULL,
  step BIGINT NOT NULL,
  url TEXT NOT NULL,
  body BLOB NOT NULL,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  PRIMARY KEY (journey, num, entry, step)
) WITHOUT ROWID;
CREATE INDEX play_hook_due ON play_hook (due_at);
