-- Somebody to be won as a friend; one row for each person. num: the identity it was made for. store: whose pool it is; empty: the brand's.
-- state: new, recycled (both: in the pool), claimed, contacted (both: held by `staff`), added, won, lost, merged. before: who had the person
-- when it came to the pool. note: sealed. next_at: when the rules look for somebody, while it is
-- in the pool.
CREATE TABLE lead (
  id TEXT PRIMARY KEY,
  num BIGINT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  channel TEXT NOT NULL,
  store TEXT NOT NULL,
  note BLOB NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  staff TEXT NOT NULL,
  before TEXT NOT NULL,
  round BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  moved_at BIGINT NOT NULL,
  taken_at BIGINT,
  contacted_at BIGINT,
  due_at BIGINT,
  ended_at BIGINT,
  next_at BIGINT
) WITHOUT ROWID;
CREATE INDEX lead_state ON lead (state, moved_at, id);
CREATE INDEX lead_staff ON lead (staff, state);
CREATE INDEX lead_due ON lead (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX lead_next ON lead (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX lead_taken ON lead (taken_at) WHERE taken_at IS NOT NULL;
CREATE INDEX lead_channel ON lead (channel, source);

-- Every move of a lead. staff: whom it belongs to (the holder, who added). from_staff: who had it. how: claim, assign, rule or clock. rule: the
-- rule that gave it. note: sealed.
CREATE TABLE lead_move (
  id IDENTITY_KEY,
  lead TEXT NOT NULL,
  at BIGINT NOT NULL,
  what TEXT NOT NULL,
  state TEXT NOT NULL,
  staff TEXT NOT NULL,
  from_staff TEXT NOT NULL,
  how TEXT NOT NULL,
  rule TEXT NOT NULL,
  reason TEXT NOT NULL,
  note BLOB NOT NULL,
  by_name TEXT NOT NULL
);
CREATE INDEX lead_move_lead ON lead_move (lead, id);
CREATE INDEX lead_move_staff ON lead_move (staff, what, at);
CREATE INDEX lead_move_at ON lead_move (at);

-- One row for each member of staff: whoever gives them a lead holds it, so that limits are counted by one at a time.
CREATE TABLE lead_desk (
  staff TEXT PRIMARY KEY,
  n BIGINT NOT NULL
) WITHOUT ROWID;

-- Rules that give leads out, in the order they are tried. body: JSON.
CREATE TABLE lead_rule (
  id TEXT PRIMARY KEY,
  sort BIGINT NOT NULL,
  body TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL
) WITHOUT ROWID;

-- How far a walk through one of the sources has come, and when it goes on.
CREATE TABLE lead_walk (
  name TEXT PRIMARY KEY,
  place TEXT NOT NULL,
  due_at BIGINT NOT NULL
) WITHOUT ROWID;

-- One row. body: JSON.
CREATE TABLE lead_setting (
  id BIGKEY,
  body TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);
