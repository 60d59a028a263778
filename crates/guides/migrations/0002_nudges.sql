-- When the member was reminded last of what they are to do.
ALTER TABLE guide_task ADD COLUMN nudged_at BIGINT;

-- Reminders that are to be told in WeCom, one of a task at a time. tries: how often it failed.
CREATE TABLE guide_nudge (
  task TEXT PRIMARY KEY,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX guide_nudge_due ON guide_nudge (due_at);
