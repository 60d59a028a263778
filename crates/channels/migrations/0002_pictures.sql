-- WeCom's pictures of codes whose content is not known: why, and when they are looked at again. What a picture says is kept with the code (qr_text).
CREATE TABLE channel_picture (
  address TEXT PRIMARY KEY,
  error TEXT NOT NULL,
  tries BIGINT NOT NULL,
  due_at BIGINT NOT NULL
) WITHOUT ROWID;
