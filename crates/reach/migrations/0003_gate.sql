-- Whom a message is for and what became of each lies with the gate from here on: message_person keeps the way of those who were let through.
ALTER TABLE message_task ADD COLUMN people BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message_task ADD COLUMN variant BIGINT NOT NULL DEFAULT 0;
DROP INDEX message_person_state;
CREATE INDEX message_task_gathers ON message_task (message, staff) WHERE state = 7;

-- What a message says to a part of its people. variant 0 is the message's own content, and has no row.
CREATE TABLE message_variant (
  message TEXT NOT NULL,
  variant BIGINT NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (message, variant)
) WITHOUT ROWID;

UPDATE message_task SET people = (SELECT COUNT(*) FROM message_person p WHERE p.task = message_task.id);
INSERT INTO gate_run (id, kind, name, class, channel, worth, holdout, per_hour, start_at, expires_at, due_at, state, people, undecided, created_at, created_by, ended_at)
  SELECT m.id, 'message', m.name, 1, 0, 1.0, 0.0, 0, m.created_at, m.created_at + 2592000000000, m.created_at, m.state,
    (SELECT COUNT(*) FROM message_person p WHERE p.message = m.id), 0, m.created_at, m.created_by, m.ended_at
  FROM message m ORDER BY m.id;
INSERT INTO gate_decision (run, num, root, state, reason, asked_at, at, until, rules)
  SELECT r.num, p.num, p.num, p.state + 1, p.reason, r.created_at, p.at, r.expires_at, 0
  FROM message_person p JOIN gate_run r ON r.id = p.message;
INSERT INTO gate_tally (run, state, reason, people)
  SELECT run, state, CASE WHEN state = 1 THEN '' ELSE reason END, COUNT(*) FROM gate_decision GROUP BY run, state, CASE WHEN state = 1 THEN '' ELSE reason END;
DELETE FROM message_person WHERE task = 0;
