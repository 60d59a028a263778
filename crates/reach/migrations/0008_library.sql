-- Contents that are kept to be used again. version: the newest; approved: the one in use. state: of the newest version (draft, review, approved, rejected), or
-- retired. kind: of its first attachment, else text.
CREATE TABLE material (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  folder TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  version BIGINT NOT NULL,
  approved BIGINT,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE material_label (
  label TEXT NOT NULL,
  material TEXT NOT NULL,
  PRIMARY KEY (label, material)
) WITHOUT ROWID;
CREATE INDEX material_label_material ON material_label (material);

-- What a material said, each time it was saved: never changed but for what became of it. content: sealed JSON. writer: the id of who wrote it, who may not
-- approve it.
CREATE TABLE material_version (
  material TEXT NOT NULL,
  version BIGINT NOT NULL,
  content BLOB NOT NULL,
  files TEXT NOT NULL,
  state TEXT NOT NULL,
  writer TEXT NOT NULL,
  written_at BIGINT NOT NULL,
  written_by TEXT NOT NULL,
  decided_at BIGINT,
  decided_by TEXT,
  reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (material, version)
);

-- Where a material went out. what: message, broadcast, group_message, moment, welcome; used: its id.
CREATE TABLE material_use (
  what TEXT NOT NULL,
  used TEXT NOT NULL,
  material TEXT NOT NULL,
  version BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (what, used, material)
) WITHOUT ROWID;
CREATE INDEX material_use_material ON material_use (material, at);

-- Links that count: where a code leads. place: of the attachment; num: whom it was sent to, 0 for whoever comes; staff: who sent it to them. url: sealed.
CREATE TABLE material_link (
  code TEXT PRIMARY KEY,
  material TEXT NOT NULL,
  version BIGINT NOT NULL,
  place BIGINT NOT NULL,
  num BIGINT NOT NULL,
  staff TEXT NOT NULL,
  url BLOB NOT NULL,
  made_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX material_link_whom ON material_link (material, version, place, num, staff);
CREATE INDEX material_link_num ON material_link (num) WHERE num > 0;

-- How often somebody opened a material; num is 0 for all of whom nobody knows who they are.
CREATE TABLE material_open (
  material TEXT NOT NULL,
  num BIGINT NOT NULL,
  opens BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (material, num)
) WITHOUT ROWID;
CREATE INDEX material_open_num ON material_open (num) WHERE num > 0;

-- Materials for a day, with a sentence of how to use them. day: days since 1970 in the brand's zone. materials, staff (userids), stores (codes): JSON lists; owners:
-- whoever owns a customer group. Nobody named is everybody.
CREATE TABLE material_kit (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  day BIGINT NOT NULL,
  how TEXT NOT NULL,
  materials TEXT NOT NULL,
  staff TEXT NOT NULL,
  stores TEXT NOT NULL,
  owners BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX material_kit_day ON material_kit (day, id);

-- How often a member of staff has sent a material of a kit.
CREATE TABLE material_kit_send (
  kit TEXT NOT NULL,
  material TEXT NOT NULL,
  staff TEXT NOT NULL,
  sends BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (kit, material, staff)
) WITHOUT ROWID;
