-- Material for the welcomes of groups. content: sealed JSON. state: new, making (it may exist already), unsure (it was asked for and no answer came),
-- good, changed, closing, closed. told_version: the version that WeCom has.
CREATE TABLE group_welcome (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  content BLOB NOT NULL,
  files TEXT NOT NULL,
  notify BIGINT NOT NULL,
  template TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL,
  told_version BIGINT NOT NULL DEFAULT 0,
  told_at BIGINT,
  error TEXT,
  tries BIGINT NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL
) WITHOUT ROWID;

-- Messages for groups, as those for people (0002_messages): a task for each owner, at most 2,000 groups.
CREATE TABLE group_message (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  content BLOB NOT NULL,
  files TEXT NOT NULL,
  class TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  ended_at BIGINT
) WITHOUT ROWID;
CREATE TABLE group_message_task (
  id IDENTITY_KEY,
  message TEXT NOT NULL,
  owner TEXT NOT NULL,
  userid TEXT NOT NULL,
  store TEXT NOT NULL,
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
CREATE INDEX group_message_task_message ON group_message_task (message, id);
CREATE INDEX group_message_task_due ON group_message_task (due_at, id) WHERE finished = 0;
-- members: from outside, when the message was made. state: 0 waiting, 1 sent, 2 skipped, 3 failed.
CREATE TABLE group_message_group (
  message TEXT NOT NULL,
  chat TEXT NOT NULL,
  task BIGINT NOT NULL,
  members BIGINT NOT NULL,
  state BIGINT NOT NULL,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (message, chat)
) WITHOUT ROWID;
CREATE INDEX group_message_group_task ON group_message_group (task, chat);
CREATE INDEX group_message_group_state ON group_message_group (message, state, reason, chat);
CREATE INDEX group_message_group_chat ON group_message_group (chat, at);

-- Moments. senders: JSON list of userids, empty for everybody; tags: JSON list of ids here. state: 0 to be made, 1 being made, 2 WeCom works on it, 3 with staff,
-- 4 cancelled, 5 refused, 6 perhaps made, 7 over. wish: 2 to be cancelled.
CREATE TABLE moment (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  content BLOB NOT NULL,
  files TEXT NOT NULL,
  senders TEXT NOT NULL,
  tags TEXT NOT NULL,
  state BIGINT NOT NULL DEFAULT 0,
  wish BIGINT NOT NULL DEFAULT 0,
  jobid TEXT NOT NULL DEFAULT '',
  moment TEXT NOT NULL DEFAULT '',
  begun_at BIGINT,
  made_at BIGINT,
  read_at BIGINT,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  error TEXT,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  ended_at BIGINT
) WITHOUT ROWID;
CREATE INDEX moment_due ON moment (due_at, id) WHERE ended_at IS NULL;
-- What one member of staff is asked to publish. state: 0 waiting, 1 published, 2 cancelled. visible, likes, comments: as WeCom counts them.
CREATE TABLE moment_task (
  moment TEXT NOT NULL,
  staff TEXT NOT NULL,
  userid TEXT NOT NULL,
  store TEXT NOT NULL,
  state BIGINT NOT NULL,
  seen_at BIGINT,
  visible BIGINT NOT NULL DEFAULT 0,
  likes BIGINT NOT NULL DEFAULT 0,
  comments BIGINT NOT NULL DEFAULT 0,
  read_at BIGINT,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  error TEXT,
  PRIMARY KEY (moment, staff)
) WITHOUT ROWID;
CREATE INDEX moment_task_due ON moment_task (due_at) WHERE state = 1;
-- Customers who can see it.
CREATE TABLE moment_customer (
  moment TEXT NOT NULL,
  num BIGINT NOT NULL,
  staff TEXT NOT NULL,
  at BIGINT NOT NULL,
  liked_at BIGINT,
  commented_at BIGINT,
  PRIMARY KEY (moment, num, staff)
) WITHOUT ROWID;
CREATE INDEX moment_customer_num ON moment_customer (num);
