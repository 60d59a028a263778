-- Hosts of pages of the brand's own that carry the script: links that lead there bring a visit with them.
CREATE TABLE material_page (
  host TEXT PRIMARY KEY
) WITHOUT ROWID;
-- How long a visit has lasted so far. visit: a digest of its token; num as in material_open.
CREATE TABLE material_stay (
  material TEXT NOT NULL,
  visit BIGINT NOT NULL,
  num BIGINT NOT NULL,
  seconds BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (material, visit)
) WITHOUT ROWID;
CREATE INDEX material_stay_num ON material_stay (num) WHERE num > 0;
