-- The schema registry: which events exist and what their properties look like.
CREATE TABLE schema_event (
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  count BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  locked BIGINT NOT NULL DEFAULT 0,
  unknown_properties TEXT NOT NULL DEFAULT 'allow',
  PRIMARY KEY (type, name)
) WITHOUT ROWID;

-- types: one bit per JSON type seen. sample: sealed.
CREATE TABLE schema_property (
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  property TEXT NOT NULL,
  types BIGINT NOT NULL,
  locked_type TEXT,
  required BIGINT NOT NULL DEFAULT 0,
  first_at BIGINT NOT NULL,
  sample BLOB,
  PRIMARY KEY (type, name, property)
) WITHOUT ROWID;

-- Messages that were taken but not let in, with the reason. body: sealed.
CREATE TABLE quarantine (
  id IDENTITY_KEY,
  digest BIGINT NOT NULL UNIQUE,
  message_id TEXT NOT NULL,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  at BIGINT NOT NULL,
  code TEXT NOT NULL,
  en TEXT NOT NULL,
  zh TEXT NOT NULL,
  field TEXT,
  source TEXT NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX quarantine_name ON quarantine (type, name);
