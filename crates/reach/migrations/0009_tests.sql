-- Which content of a broadcast goes to the rest. Both times are absent until everybody of the test had their turn; winner, reason (shown, no_difference,
-- too_small, mismatch, by_hand), decided_* and numbers (JSON) come in one unit. decided_by is empty where nobody chose by hand.
CREATE TABLE broadcast_test (
  message TEXT PRIMARY KEY,
  percent BIGINT NOT NULL,
  hours BIGINT NOT NULL,
  goal TEXT NOT NULL,
  begun_at BIGINT,
  ends_at BIGINT,
  winner BIGINT,
  reason TEXT,
  decided_at BIGINT,
  decided_by TEXT,
  numbers TEXT
) WITHOUT ROWID;
-- 1: of the rest, who were let through with the content that had been chosen.
ALTER TABLE message_task ADD COLUMN rest BIGINT NOT NULL DEFAULT 0;
