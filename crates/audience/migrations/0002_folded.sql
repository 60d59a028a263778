-- Finds, of days that are over, those with several changes: they are folded into one.
CREATE INDEX audience_change_day ON audience_change (day, audience);
