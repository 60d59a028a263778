-- A file being brought in. `done` rows are in, committed with what they brought: after a crash the job goes on behind them.
CREATE TABLE import_job (
  num IDENTITY_KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  file TEXT NOT NULL,
  size BIGINT NOT NULL,
  path TEXT,
  state TEXT NOT NULL,
  format TEXT,
  encoding TEXT,
  mapping TEXT NOT NULL,
  options TEXT NOT NULL,
  dry_run BIGINT NOT NULL,
  done BIGINT NOT NULL DEFAULT 0,
  bytes_done BIGINT NOT NULL DEFAULT 0,
  bytes_total BIGINT NOT NULL DEFAULT 0,
  summary TEXT,
  error TEXT,
  created_at BIGINT NOT NULL,
  finished_at BIGINT,
  by_actor TEXT NOT NULL
);

-- Rows that were not taken. cells: sealed.
CREATE TABLE import_reject (
  job BIGINT NOT NULL,
  line BIGINT NOT NULL,
  code TEXT NOT NULL,
  en TEXT NOT NULL,
  zh TEXT NOT NULL,
  field TEXT,
  cells BLOB NOT NULL,
  PRIMARY KEY (job, line)
) WITHOUT ROWID;
