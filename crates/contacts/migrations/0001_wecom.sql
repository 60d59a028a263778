-- The one corp of this workspace. `secrets` is sealed JSON. `version` goes up with every change, so that processes notice.
CREATE TABLE wecom_connection (
  id BIGKEY,
  version BIGINT NOT NULL,
  corp_id TEXT NOT NULL,
  agent_id BIGINT NOT NULL,
  base TEXT NOT NULL,
  secrets BLOB NOT NULL,
  match_phones BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  verified_at BIGINT,
  checked_at BIGINT,
  trouble TEXT
);

-- Tokens shared by all processes, sealed.
CREATE TABLE wecom_token (
  key TEXT PRIMARY KEY,
  sealed BLOB NOT NULL,
  fetched BIGINT NOT NULL,
  expires BIGINT NOT NULL
) WITHOUT ROWID;

-- Callbacks as they came, decrypted and sealed again with our key. state: 0 waiting, 1 done (and emptied), 2 set aside. `identity` is the event's.
CREATE TABLE wecom_inbox (
  id IDENTITY_KEY,
  identity TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  at BIGINT,
  received_at BIGINT NOT NULL,
  body BLOB NOT NULL,
  state BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  reason TEXT
);
CREATE INDEX wecom_inbox_waiting ON wecom_inbox (id) WHERE state = 0;
CREATE INDEX wecom_inbox_aside ON wecom_inbox (id) WHERE state = 2;
CREATE INDEX wecom_inbox_received ON wecom_inbox (received_at);

-- Deliveries that were not let in: bounded, without content.
CREATE TABLE wecom_refused (
  id IDENTITY_KEY,
  at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  bytes BIGINT NOT NULL
);

-- `read_at`: when WeCom was asked for what the row says. `seen`: the number of the full sync that last met the row.
CREATE TABLE wecom_department (
  id BIGKEY,
  name TEXT NOT NULL,
  parent BIGINT NOT NULL,
  sort BIGINT NOT NULL,
  leaders TEXT NOT NULL,
  store TEXT,
  gone_at BIGINT,
  seen BIGINT NOT NULL
);

-- `key`: the userid in lower case, for WeCom does not distinguish. status: 1 active, 2 disabled, 4 not activated, 5 left.
CREATE TABLE wecom_staff (
  key TEXT PRIMARY KEY,
  userid TEXT NOT NULL,
  name TEXT NOT NULL,
  departments TEXT NOT NULL,
  main_department BIGINT NOT NULL,
  position TEXT NOT NULL,
  status BIGINT NOT NULL,
  serves BIGINT NOT NULL DEFAULT 0,
  gone_at BIGINT,
  seen BIGINT NOT NULL
) WITHOUT ROWID;

-- num: the identity of people this customer was first seen as.
CREATE TABLE wecom_contact (
  id TEXT PRIMARY KEY,
  num BIGINT NOT NULL,
  unionid TEXT NOT NULL,
  name TEXT NOT NULL,
  avatar TEXT NOT NULL,
  kind BIGINT NOT NULL,
  gender BIGINT NOT NULL,
  corp_name TEXT NOT NULL,
  position TEXT NOT NULL,
  first_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX wecom_contact_num ON wecom_contact (num);

-- A customer's relation to a member of staff. status: 0 friends, 1 one-sided (added without verification), 2 lost.
-- mobiles: sealed JSON list of the phones in the remark.
CREATE TABLE wecom_follow (
  contact TEXT NOT NULL,
  staff TEXT NOT NULL,
  remark TEXT NOT NULL,
  description TEXT NOT NULL,
  company TEXT NOT NULL,
  mobiles BLOB,
  add_way BIGINT NOT NULL,
  oper TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  status BIGINT NOT NULL,
  lost_at BIGINT,
  lost_by TEXT,
  read_at BIGINT NOT NULL,
  seen BIGINT NOT NULL,
  PRIMARY KEY (contact, staff)
) WITHOUT ROWID;
CREATE INDEX wecom_follow_staff ON wecom_follow (staff, status);
CREATE INDEX wecom_follow_lost ON wecom_follow (lost_at) WHERE status = 2;

-- `local`, `local_id`: the group and tag of ours that stand for it.
CREATE TABLE wecom_tag_group (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  sort BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  local TEXT,
  gone_at BIGINT
) WITHOUT ROWID;
CREATE TABLE wecom_tag (
  id TEXT PRIMARY KEY,
  group_id TEXT NOT NULL,
  name TEXT NOT NULL,
  sort BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  local BIGINT,
  local_id TEXT,
  gone_at BIGINT
) WITHOUT ROWID;
CREATE INDEX wecom_tag_local ON wecom_tag (local);
CREATE TABLE wecom_follow_tag (
  contact TEXT NOT NULL,
  staff TEXT NOT NULL,
  tag TEXT NOT NULL,
  PRIMARY KEY (contact, staff, tag)
) WITHOUT ROWID;
CREATE INDEX wecom_follow_tag_tag ON wecom_follow_tag (tag);

-- status as WeCom says it: 0 normal, 1 owner has left, 2 being handed over, 3 handed over. `due`: the full sync that has yet to read it.
CREATE TABLE wecom_group (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  notice TEXT NOT NULL,
  admins TEXT NOT NULL,
  version TEXT NOT NULL,
  status BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  dismissed_at BIGINT,
  read_at BIGINT NOT NULL,
  seen BIGINT NOT NULL,
  due BIGINT
) WITHOUT ROWID;
CREATE INDEX wecom_group_due ON wecom_group (due, id) WHERE due IS NOT NULL;

-- kind: 1 staff, 2 from outside; num only for those from outside.
CREATE TABLE wecom_member (
  chat TEXT NOT NULL,
  userid TEXT NOT NULL,
  kind BIGINT NOT NULL,
  num BIGINT,
  unionid TEXT NOT NULL,
  name TEXT NOT NULL,
  nickname TEXT NOT NULL,
  join_at BIGINT NOT NULL,
  join_scene BIGINT NOT NULL,
  invitor TEXT NOT NULL,
  state TEXT NOT NULL,
  left_at BIGINT,
  PRIMARY KEY (chat, userid)
) WITHOUT ROWID;
CREATE INDEX wecom_member_userid ON wecom_member (userid);
CREATE INDEX wecom_member_num ON wecom_member (num) WHERE num IS NOT NULL;

-- Full syncs. `number` is what rows call `seen`. `cursor`: JSON, behind the last saved page. state: running, done, failed, cancelled.
CREATE TABLE wecom_sync (
  number IDENTITY_KEY,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  phase TEXT NOT NULL,
  done BIGINT NOT NULL,
  total BIGINT NOT NULL,
  cursor TEXT NOT NULL,
  counts TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  started_by TEXT NOT NULL,
  ended_at BIGINT,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  error TEXT
);
CREATE INDEX wecom_sync_running ON wecom_sync (number) WHERE state = 'running';

-- What was changed here and has to be told to WeCom. kind: tag, untag, remark. body: sealed JSON. state: waiting, done, failed.
CREATE TABLE wecom_outgoing (
  id IDENTITY_KEY,
  kind TEXT NOT NULL,
  contact TEXT NOT NULL,
  staff TEXT NOT NULL,
  tag TEXT NOT NULL,
  body BLOB NOT NULL,
  by_actor TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  state TEXT NOT NULL,
  error TEXT
);
CREATE INDEX wecom_outgoing_waiting ON wecom_outgoing (due_at, id) WHERE state = 'waiting';
CREATE INDEX wecom_outgoing_pair ON wecom_outgoing (contact, staff) WHERE state = 'waiting';

-- Both sides changed, or one side refused: who won and why.
CREATE TABLE wecom_conflict (
  id IDENTITY_KEY,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  contact TEXT NOT NULL,
  staff TEXT NOT NULL,
  tag TEXT NOT NULL,
  winner TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL
);

-- Customers whose person was erased: what began before is passed over. hash: keyed digest of WeCom's id.
CREATE TABLE wecom_forgotten (
  hash TEXT PRIMARY KEY,
  at BIGINT NOT NULL
) WITHOUT ROWID;
