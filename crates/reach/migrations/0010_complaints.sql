-- Per cent of people who delete the member after the message that pauses it; stopped may be complaint_rate. Those made before have none.
ALTER TABLE broadcast ADD COLUMN complaints REAL NOT NULL DEFAULT 101.0;
CREATE INDEX message_task_staff ON message_task (message, staff);
