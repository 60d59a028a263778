-- People are decided in the order of their numbers: an index of them by task would have a page written for each member of staff in every unit.
-- Who stands in a task is kept as each unit left it, while a wave gathers, and laid out by task when the wave is complete.
CREATE TABLE message_unit (
  id IDENTITY_KEY,
  message TEXT NOT NULL,
  people BLOB NOT NULL
);
CREATE INDEX message_unit_message ON message_unit (message, id);
CREATE TABLE message_list (
  task BIGINT PRIMARY KEY,
  people BLOB NOT NULL
) WITHOUT ROWID;
-- What became of a task's people, counted: those that wait are the rest.
ALTER TABLE message_task ADD COLUMN sent BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message_task ADD COLUMN skipped BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message_task ADD COLUMN failed BIGINT NOT NULL DEFAULT 0;
UPDATE message_task SET
  sent = (SELECT COUNT(*) FROM message_person p WHERE p.task = message_task.id AND p.state = 1),
  skipped = (SELECT COUNT(*) FROM message_person p WHERE p.task = message_task.id AND p.state = 2),
  failed = (SELECT COUNT(*) FROM message_person p WHERE p.task = message_task.id AND p.state = 3),
  people = (SELECT COUNT(*) FROM message_person p WHERE p.task = message_task.id);
-- Of tasks that gather now nobody has kept units: they are complete as they stand, and have no list.
UPDATE message_task SET state = 0, due_at = 0 WHERE state = 7;
DROP INDEX message_person_task;
-- What is to be made, looked for or stopped comes before what is read.
CREATE INDEX message_task_deed ON message_task (due_at, id) WHERE finished = 0 AND (state IN (0, 1, 6) OR wish <> 0);
CREATE INDEX group_message_task_deed ON group_message_task (due_at, id) WHERE finished = 0 AND (state IN (0, 1, 6) OR wish <> 0);
