-- 1: let through after a test of contents, with the one that had been chosen.
ALTER TABLE direct_person ADD COLUMN rest BIGINT NOT NULL DEFAULT 0;
