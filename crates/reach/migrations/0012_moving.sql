-- What is done by itself for tasks of a message that nobody confirms: hours after each was made.
CREATE TABLE message_care (
  message TEXT PRIMARY KEY,
  nudge BIGINT,
  reassign BIGINT
) WITHOUT ROWID;
-- Through whom a person was to be sent a message, before it was taken back from that member: never again through the same one.
CREATE TABLE message_moved (
  message TEXT NOT NULL,
  num BIGINT NOT NULL,
  staff TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (message, num, staff)
) WITHOUT ROWID;
-- wish 3: to be taken back. recalled_at: when WeCom said that it is stopped, for that. moved: people who went on through somebody else.
ALTER TABLE message_task ADD COLUMN recalled_at BIGINT;
ALTER TABLE message_task ADD COLUMN moved BIGINT NOT NULL DEFAULT 0;
