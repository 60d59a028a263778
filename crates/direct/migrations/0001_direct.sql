-- A message that goes to people directly: its run of the gate has the same id. channel: 0 mail, 1 SMS. approval: none, needed, given. asked_by: the id
-- of whoever made it, who may not approve it. breaker: per cent of failures that pauses it; stopped: why it was paused by itself.
CREATE TABLE direct_message (
  id TEXT PRIMARY KEY,
  channel BIGINT NOT NULL,
  name TEXT NOT NULL,
  audience TEXT NOT NULL,
  approval TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  approved_by TEXT,
  approved_at BIGINT,
  breaker REAL NOT NULL,
  stopped TEXT,
  created_at BIGINT NOT NULL
);

-- What it says; variant 0 is its own. content: JSON, sealed.
CREATE TABLE direct_content (
  message TEXT NOT NULL,
  variant BIGINT NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (message, variant)
) WITHOUT ROWID;

-- Whoever was let through. state: 0 to be sent, 1 being sent (on disk before the carrier is asked), 2 taken by the carrier, 3 delivered, 4 failed, 5 skipped,
-- 6 nobody knows. id: what it goes out under: of each mail one, the same at every attempt; of SMS that of the batch. address: a keyed digest of the
-- one it went to. due_at: when it is sent, or, while it is being sent, looked after. sent_at: when the carrier took it.
CREATE TABLE direct_person (
  message TEXT NOT NULL,
  num BIGINT NOT NULL,
  channel BIGINT NOT NULL,
  variant BIGINT NOT NULL,
  id TEXT NOT NULL,
  address BLOB,
  state BIGINT NOT NULL,
  reason TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  begun_at BIGINT,
  sent_at BIGINT,
  parts BIGINT NOT NULL,
  complained BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (message, num)
) WITHOUT ROWID;
CREATE INDEX direct_person_due ON direct_person (message, due_at, num) WHERE state = 0;
CREATE INDEX direct_person_begun ON direct_person (channel, due_at) WHERE state = 1;
CREATE INDEX direct_person_id ON direct_person (id);
CREATE INDEX direct_person_num ON direct_person (num);

-- A channel on which nothing goes out until then, and why: the code of a port, or no_account.
CREATE TABLE direct_hold (
  channel BIGKEY,
  reason TEXT NOT NULL,
  since BIGINT NOT NULL,
  until BIGINT NOT NULL
);
