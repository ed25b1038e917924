-- Of runs: what an execution goes on with, and what history needs.

-- Of an execution that no schedule opened: who asked for it, why, and what it goes on with.
ALTER TABLE executions ADD COLUMN started_by TEXT;
ALTER TABLE executions ADD COLUMN start_reason TEXT
  CHECK ((start_reason IS NULL) = (started_by IS NULL));
ALTER TABLE executions ADD COLUMN resumed_from TEXT
  CHECK (resumed_from IS NULL OR started_by IS NOT NULL);

-- An execution is resumed once: its targets would run twice.
CREATE UNIQUE INDEX executions_resumed ON executions (resumed_from) WHERE resumed_from IS NOT NULL;
