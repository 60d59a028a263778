-- Programmes. steps: sealed JSON of the version in force; earlier ones stay in sop_version. kind: group or moment. anchor: days are counted from when a
-- group was enrolled, or created. rule: JSON, which groups or staff come in by themselves (NULL: none do); those there are looked for from look_at on.
CREATE TABLE sop (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  anchor TEXT NOT NULL,
  state TEXT NOT NULL,
  version BIGINT NOT NULL,
  rule TEXT,
  rule_since BIGINT,
  look_at BIGINT,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  ended_at BIGINT
) WITHOUT ROWID;
CREATE TABLE sop_version (
  sop TEXT NOT NULL,
  version BIGINT NOT NULL,
  steps BLOB NOT NULL,
  at BIGINT NOT NULL,
  by TEXT NOT NULL,
  PRIMARY KEY (sop, version)
) WITHOUT ROWID;

-- Who is in a programme: a group by its id, a member of staff by key. since: day 0. Whoever was taken out stays here, so that no rule brings them back.
CREATE TABLE sop_subject (
  sop TEXT NOT NULL,
  subject TEXT NOT NULL,
  since BIGINT NOT NULL,
  at BIGINT NOT NULL,
  out_at BIGINT,
  PRIMARY KEY (sop, subject)
) WITHOUT ROWID;

-- A step of a subject. occasion: the day of a weekly step, else 0, so that a step that was moved is not done twice. state: planned, asked, missed or
-- skipped; what became of what was asked is read where it is known. way: 0 nothing, 1 a task (made: its origin), 2 a message for groups, 3 a moment (their ids).
CREATE TABLE sop_step (
  sop TEXT NOT NULL,
  subject TEXT NOT NULL,
  step TEXT NOT NULL,
  occasion BIGINT NOT NULL,
  version BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  deadline BIGINT NOT NULL,
  staff TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  way BIGINT NOT NULL DEFAULT 0,
  made TEXT NOT NULL DEFAULT '',
  at BIGINT,
  PRIMARY KEY (sop, subject, step, occasion)
) WITHOUT ROWID;
CREATE INDEX sop_step_planned ON sop_step (due_at) WHERE state = 'planned';
CREATE INDEX sop_step_due ON sop_step (due_at);

-- How deep a guide works: A, B or C. Whoever is not here is B.
CREATE TABLE sop_grade (
  staff TEXT PRIMARY KEY,
  grade TEXT NOT NULL,
  at BIGINT NOT NULL,
  by TEXT NOT NULL
) WITHOUT ROWID;
