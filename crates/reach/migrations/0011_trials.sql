-- Contents that were sent to members of staff to look at, one row for each receiver: how many within an hour. Kept for a day.
CREATE TABLE message_trial (
  id IDENTITY_KEY,
  maker TEXT NOT NULL,
  receiver TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX message_trial_at ON message_trial (at);
