-- The accounts: kind is mail or sms. body: JSON without secrets; secrets: sealed JSON. version counts saves for ever. trouble: the code of what has to be put right.
CREATE TABLE carrier_account (
  kind TEXT PRIMARY KEY,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  secrets BLOB NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  trouble TEXT,
  trouble_at BIGINT,
  checked_at BIGINT
) WITHOUT ROWID;

-- Each save. body: as it became, empty when the account was removed. secrets: names of those that were set with it, in JSON.
CREATE TABLE carrier_revision (
  kind TEXT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  secrets TEXT NOT NULL,
  at BIGINT NOT NULL,
  by_actor TEXT NOT NULL,
  PRIMARY KEY (kind, version)
) WITHOUT ROWID;

-- Templates as the provider has approved them. class: code, notice, marketing.
CREATE TABLE sms_template (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  provider TEXT NOT NULL,
  code TEXT NOT NULL,
  sign TEXT NOT NULL,
  body TEXT NOT NULL,
  class TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  changed_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Addresses that get nothing more. digest: keyed, in hexadecimal. address: sealed; NULL once its owner was erased. message: our id of the one it came from.
CREATE TABLE carrier_alone (
  id IDENTITY_KEY,
  channel TEXT NOT NULL,
  digest TEXT NOT NULL,
  address BLOB,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  at BIGINT NOT NULL,
  by_actor TEXT NOT NULL
);
CREATE UNIQUE INDEX carrier_alone_address ON carrier_alone (channel, digest);

-- News that was taken, by its keyed digest: it comes again.
CREATE TABLE carrier_heard (
  digest TEXT PRIMARY KEY,
  at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX carrier_heard_at ON carrier_heard (at);
