-- What everything its rule depends on looked like when its members were worked out last; NULL: never, or not known.
ALTER TABLE audience ADD COLUMN meaning BIGINT;
