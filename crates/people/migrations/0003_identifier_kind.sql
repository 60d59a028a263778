-- Who has an identifier of a kind. Numbers rise, so each kind's rows are added at its end.
CREATE INDEX identifier_kind ON identifier (kind, num);
