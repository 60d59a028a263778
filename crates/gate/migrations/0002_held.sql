-- People of a run whose turn does not come before somebody releases them: those who wait for the winner of a test. undecided counts them, too.
ALTER TABLE gate_run ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
ALTER TABLE gate_part ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
