-- Boards and effects ask for the tasks of journeys by their deadline.
CREATE INDEX guide_task_journey ON guide_task (due_at) WHERE source = 'journey';
