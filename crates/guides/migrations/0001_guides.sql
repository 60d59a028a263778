-- Where the pages are reached, and where WeCom's own pages and scripts for them come from. One row.
CREATE TABLE guide_setting (
  id BIGKEY,
  address TEXT NOT NULL,
  pages TEXT NOT NULL,
  client TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);

-- Files with which WeCom makes sure that a domain is ours: WW_verify_….txt.
CREATE TABLE guide_file (
  name TEXT PRIMARY KEY,
  content TEXT NOT NULL,
  at BIGINT NOT NULL
) WITHOUT ROWID;

-- Logins on their way through WeCom. Digests only: of the state, and of what the browser that began it holds.
CREATE TABLE guide_login (
  state BLOB PRIMARY KEY,
  browser BLOB NOT NULL,
  page TEXT NOT NULL,
  until BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX guide_login_until ON guide_login (until);

CREATE TABLE guide_session (
  token BLOB PRIMARY KEY,
  staff TEXT NOT NULL,
  created_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX guide_session_created ON guide_session (created_at);

CREATE TABLE guide_stage (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  sort BIGINT NOT NULL,
  gone_at BIGINT
) WITHOUT ROWID;
INSERT INTO guide_stage (id, name, sort) VALUES
  ('stg_new', '新客户', 1), ('stg_talking', '已沟通', 2), ('stg_wants', '有意向', 3), ('stg_bought', '已成交', 4), ('stg_later', '暂不跟进', 5);

-- Where a person stands: of several identities that are one person the newest row counts.
CREATE TABLE guide_place (
  num BIGKEY,
  stage TEXT NOT NULL,
  at BIGINT NOT NULL,
  staff TEXT NOT NULL
);
CREATE INDEX guide_place_stage ON guide_place (stage, num);

-- body: sealed.
CREATE TABLE guide_note (
  id TEXT PRIMARY KEY,
  num BIGINT NOT NULL,
  staff TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX guide_note_num ON guide_note (num, at);

-- body, result: sealed. state: open, done or skipped; an open one whose time has passed is late. origin: what it follows from, once.
CREATE TABLE guide_task (
  id TEXT PRIMARY KEY,
  staff TEXT NOT NULL,
  kind TEXT NOT NULL,
  num BIGINT,
  chat TEXT,
  body BLOB NOT NULL,
  due_at BIGINT,
  source TEXT NOT NULL,
  origin TEXT UNIQUE,
  state TEXT NOT NULL,
  result BLOB,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  ended_at BIGINT,
  ended_by TEXT
) WITHOUT ROWID;
CREATE INDEX guide_task_open ON guide_task (staff, due_at) WHERE state = 'open';
CREATE INDEX guide_task_ended ON guide_task (staff, ended_at) WHERE state <> 'open';
CREATE INDEX guide_task_num ON guide_task (num) WHERE num IS NOT NULL;
CREATE INDEX guide_task_chat ON guide_task (chat) WHERE chat IS NOT NULL;
CREATE INDEX guide_task_created ON guide_task (created_at);

CREATE TABLE guide_folder (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  sort BIGINT NOT NULL
) WITHOUT ROWID;

-- kind: text, image, link or miniprogram. body: JSON. action: the next action it is for. media: where WeCom has the picture, and until when.
CREATE TABLE guide_script (
  id TEXT PRIMARY KEY,
  folder TEXT NOT NULL,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  action TEXT,
  image BLOB,
  image_type TEXT,
  media TEXT,
  media_until BIGINT,
  uses BIGINT NOT NULL DEFAULT 0,
  used_at BIGINT,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  gone_at BIGINT
) WITHOUT ROWID;
CREATE INDEX guide_script_folder ON guide_script (folder, id);

-- What WeCom counts of a member of staff (or a store's staff together) in a day: it does not change after the next morning.
CREATE TABLE guide_figure (
  who TEXT NOT NULL,
  day BIGINT NOT NULL,
  chats BIGINT NOT NULL,
  messages BIGINT NOT NULL,
  answered REAL,
  minutes REAL,
  negative BIGINT NOT NULL,
  read_at BIGINT NOT NULL,
  PRIMARY KEY (who, day)
) WITHOUT ROWID;
