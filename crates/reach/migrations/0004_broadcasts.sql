-- What a broadcast has beside its message. approval: none, needed, given. asked_by: the id of whoever made it, who may not approve it. stopped: why it was
-- paused by itself: error_rate. breaker: per cent of failures that pauses it.
CREATE TABLE broadcast (
  message TEXT PRIMARY KEY,
  approval TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  approved_by TEXT,
  approved_at BIGINT,
  breaker REAL NOT NULL,
  stopped TEXT
);
