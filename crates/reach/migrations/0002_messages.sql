-- Messages for many people. content: sealed JSON. state: running, ended, cancelled.
CREATE TABLE message (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  content BLOB NOT NULL,
  files TEXT NOT NULL,
  audience TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  ended_at BIGINT
) WITHOUT ROWID;

-- What one member of staff is asked to send: at most 10,000 customers. state: 0 to be made, 1 being made, 2 waits for the member, 3 confirmed,
-- 4 cancelled, 5 refused, 6 perhaps made. wish: 1 to be reminded, 2 to be cancelled. read_at: when results were last asked for.
CREATE TABLE message_task (
  id IDENTITY_KEY,
  message TEXT NOT NULL,
  staff TEXT NOT NULL,
  userid TEXT NOT NULL,
  store TEXT NOT NULL,
  part BIGINT NOT NULL,
  msgid TEXT NOT NULL DEFAULT '',
  state BIGINT NOT NULL DEFAULT 0,
  wish BIGINT NOT NULL DEFAULT 0,
  begun_at BIGINT,
  made_at BIGINT,
  confirmed_at BIGINT,
  reminded_at BIGINT,
  read_at BIGINT,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  error TEXT,
  finished BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX message_task_message ON message_task (message, id);
CREATE INDEX message_task_due ON message_task (due_at, id) WHERE finished = 0;

-- Each person the message was meant for, once. state: 0 waiting, 1 sent, 2 skipped, 3 failed. task is 0 for those nobody can send to.
CREATE TABLE message_person (
  message TEXT NOT NULL,
  num BIGINT NOT NULL,
  contact TEXT NOT NULL,
  task BIGINT NOT NULL,
  state BIGINT NOT NULL,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (message, num)
) WITHOUT ROWID;
CREATE INDEX message_person_task ON message_person (task, contact);
CREATE INDEX message_person_state ON message_person (message, state, reason, num);
CREATE INDEX message_person_num ON message_person (num);
