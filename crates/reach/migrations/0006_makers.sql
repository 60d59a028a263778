-- Who made a message for many people: the id of the user or the key.
CREATE TABLE message_maker (
  message TEXT PRIMARY KEY,
  maker TEXT NOT NULL
) WITHOUT ROWID;
