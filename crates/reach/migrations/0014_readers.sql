-- Browsers that opened what was sent to one person: more than one is a link that was passed on, or a second device of theirs. reader: as its cookie says.
CREATE TABLE material_reader (
  material TEXT NOT NULL,
  num BIGINT NOT NULL,
  reader BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (material, num, reader)
) WITHOUT ROWID;
CREATE INDEX material_reader_num ON material_reader (num);
