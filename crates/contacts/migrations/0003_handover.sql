-- Customers whose member of staff has left, as WeCom lists them. `seen`: the reading that last met the row.
CREATE TABLE wecom_unassigned (
  staff TEXT NOT NULL,
  contact TEXT NOT NULL,
  left_at BIGINT NOT NULL,
  seen BIGINT NOT NULL,
  PRIMARY KEY (staff, contact)
) WITHOUT ROWID;

-- When the list above was read, and when it is read again.
CREATE TABLE wecom_unassigned_read (
  id BIGKEY,
  seen BIGINT NOT NULL,
  read_at BIGINT,
  due_at BIGINT NOT NULL
);

-- what: customers, groups. state: running, done, cancelled. stores: JSON, the stores of everybody concerned; "" for somebody without one.
CREATE TABLE handover_job (
  num IDENTITY_KEY,
  id TEXT NOT NULL UNIQUE,
  what TEXT NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  state TEXT NOT NULL,
  stores TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  ended_at BIGINT
);

-- One call of WeCom concerns one pair. has_left: 1 when who hands over has left. due_at: when it is looked at next; NULL when nothing is left to do.
CREATE TABLE handover_pair (
  id IDENTITY_KEY,
  job BIGINT NOT NULL,
  handover TEXT NOT NULL,
  takeover TEXT NOT NULL,
  has_left BIGINT NOT NULL,
  due_at BIGINT,
  tries BIGINT NOT NULL DEFAULT 0,
  error TEXT,
  UNIQUE (job, handover, takeover)
);
CREATE INDEX handover_pair_due ON handover_pair (due_at, id) WHERE due_at IS NOT NULL;

-- target: a customer or a group. num: the customer's person, when known. state: planned, sending, sent, waiting, done, refused, skipped, cancelled.
-- code: why not, by its name; wecom: WeCom's number for it. due_at: when a transfer that waits takes effect.
CREATE TABLE handover_item (
  id IDENTITY_KEY,
  job BIGINT NOT NULL,
  pair BIGINT NOT NULL,
  target TEXT NOT NULL,
  num BIGINT,
  state TEXT NOT NULL,
  code TEXT,
  wecom BIGINT,
  sent_at BIGINT,
  due_at BIGINT,
  settled_at BIGINT
);
CREATE INDEX handover_item_job ON handover_item (job, state, id);
CREATE INDEX handover_item_pair ON handover_item (pair, state);
CREATE INDEX handover_item_target ON handover_item (target);
-- Nobody is in two transfers at once.
CREATE UNIQUE INDEX handover_item_live ON handover_item (target) WHERE state IN ('planned', 'sending', 'sent', 'waiting');
