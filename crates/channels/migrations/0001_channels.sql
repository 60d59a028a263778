-- An entrance. `code` is what events carry as `channel`, and never changes.
CREATE TABLE channel (
  id TEXT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  owner TEXT NOT NULL,
  store TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  archived_at BIGINT,
  version BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX channel_name ON channel (name);

-- Days since 1970-01-01 in the workspace's zone, both included; amount in minor units.
CREATE TABLE channel_cost (
  num IDENTITY_KEY,
  id TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  from_day BIGINT NOT NULL,
  to_day BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL
);
CREATE INDEX channel_cost_channel ON channel_cost (channel, from_day);

-- What WeCom's `State` means. code: the live code (of staff or of groups) that sends it; empty: a state from elsewhere that is counted here.
CREATE TABLE channel_state (
  state TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  code TEXT NOT NULL,
  pool TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX channel_state_channel ON channel_state (channel);

-- A live code of staff. backup, tags: JSON lists. welcome: the content that greets, kept elsewhere. number: counts within the channel.
CREATE TABLE channel_code (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  number BIGINT NOT NULL,
  name TEXT NOT NULL,
  skip_verify BIGINT NOT NULL,
  is_exclusive BIGINT NOT NULL,
  by_store BIGINT NOT NULL,
  backup TEXT NOT NULL,
  tags TEXT NOT NULL,
  remark TEXT NOT NULL,
  welcome TEXT,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  archived_at BIGINT,
  version BIGINT NOT NULL,
  UNIQUE (channel, number)
) WITHOUT ROWID;

-- A member of staff in a pool of a code. pool: general, buyer or prospect. rota: 7 times 24 marks, Monday first. cap: adds a day; null: any number.
CREATE TABLE channel_seat (
  code TEXT NOT NULL,
  pool TEXT NOT NULL,
  staff TEXT NOT NULL,
  weight BIGINT NOT NULL,
  cap BIGINT,
  rota TEXT NOT NULL,
  PRIMARY KEY (code, pool, staff)
) WITHOUT ROWID;
CREATE INDEX channel_seat_staff ON channel_seat (staff);

-- What WeCom has of a pool. pool: as above, or store:CODE. told: what WeCom was last told,
-- JSON. qr_code: the address of WeCom's picture; qr_text: what that picture says, once it was read. why: the reason of the last plan. state: new, making (it may exist already),
-- good, failed, dead (WeCom knows it no more), closing (no longer wanted), closed.
CREATE TABLE channel_way (
  code TEXT NOT NULL,
  pool TEXT NOT NULL,
  number BIGINT NOT NULL,
  wecom_state TEXT NOT NULL,
  config_id TEXT,
  qr_code TEXT,
  qr_text TEXT,
  why TEXT NOT NULL,
  told TEXT NOT NULL,
  state TEXT NOT NULL,
  error TEXT,
  tries BIGINT NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  begun_at BIGINT,
  told_at BIGINT,
  checked_at BIGINT,
  PRIMARY KEY (code, pool)
) WITHOUT ROWID;
CREATE INDEX channel_way_due ON channel_way (due_at);

-- What WeCom was told of codes, when and why. body: what was sent, JSON.
CREATE TABLE channel_told (
  id IDENTITY_KEY,
  at BIGINT NOT NULL,
  code TEXT NOT NULL,
  pool TEXT NOT NULL,
  what TEXT NOT NULL,
  why TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX channel_told_code ON channel_told (code, id);

-- Who was added through a code, once a day for each pair. day: of the workspace's zone.
CREATE TABLE channel_add (
  code TEXT NOT NULL,
  day BIGINT NOT NULL,
  staff TEXT NOT NULL,
  contact TEXT NOT NULL,
  pool TEXT NOT NULL,
  num BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (code, day, staff, contact)
) WITHOUT ROWID;
CREATE INDEX channel_add_contact ON channel_add (contact);
CREATE INDEX channel_add_num ON channel_add (num);

-- Visits of a code's page, by day and what was shown.
CREATE TABLE channel_visit (
  code TEXT NOT NULL,
  day BIGINT NOT NULL,
  pool TEXT NOT NULL,
  visits BIGINT NOT NULL,
  PRIMARY KEY (code, day, pool)
) WITHOUT ROWID;

-- A live code of groups: one QR for each variant. variant: empty, or the code of a store, or a city. chats: JSON list in order.
CREATE TABLE channel_group (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  number BIGINT NOT NULL,
  name TEXT NOT NULL,
  full_at BIGINT NOT NULL,
  auto_create BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  archived_at BIGINT,
  version BIGINT NOT NULL,
  UNIQUE (channel, number)
) WITHOUT ROWID;
CREATE TABLE channel_group_way (
  code TEXT NOT NULL,
  variant TEXT NOT NULL,
  number BIGINT NOT NULL,
  chats TEXT NOT NULL,
  base_name TEXT NOT NULL,
  base_id BIGINT NOT NULL,
  wecom_state TEXT NOT NULL,
  config_id TEXT,
  qr_code TEXT,
  qr_text TEXT,
  told TEXT NOT NULL,
  room TEXT NOT NULL,
  state TEXT NOT NULL,
  error TEXT,
  tries BIGINT NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  begun_at BIGINT,
  told_at BIGINT,
  PRIMARY KEY (code, variant)
) WITHOUT ROWID;
CREATE INDEX channel_group_way_due ON channel_group_way (due_at);

-- Goes up with whatever may change who is in a code, so that the work is done at once and not looked for.
CREATE TABLE channel_pulse (
  id BIGKEY,
  n BIGINT NOT NULL
);
INSERT INTO channel_pulse (id, n) VALUES (1, 0);
