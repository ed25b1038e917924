-- Of runs: what an execution goes on with, and what history needs.

-- 1: it is being pruned, and no reader finds it any more. Nothing but pruning writes it.
ALTER TABLE executions ADD COLUMN pruning INTEGER NOT NULL DEFAULT 0 CHECK (pruning BETWEEN 0 AND 1);

-- Which tasks refer to a snapshot: chunks go with the last of them. Written when an execution opens.
CREATE INDEX task_specs_by_snapshot ON task_specs (snapshot);

-- The greatest keys that ever were pruned: runners and clients know keys, so none is used twice.
CREATE TABLE pruned_keys (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  execution INTEGER NOT NULL,
  task      INTEGER NOT NULL
) STRICT;

INSERT INTO pruned_keys (id, execution, task) VALUES (1, 0, 0);

-- Of an execution that no schedule opened: who asked for it, why, and what it goes on with.
ALTER TABLE executions ADD COLUMN started_by TEXT;
ALTER TABLE executions ADD COLUMN start_reason TEXT
  CHECK ((start_reason IS NULL) = (started_by IS NULL));
ALTER TABLE executions ADD COLUMN resumed_from TEXT
  CHECK (resumed_from IS NULL OR started_by IS NOT NULL);

-- An execution is resumed once: its targets would run twice.
CREATE UNIQUE INDEX executions_resumed ON executions (resumed_from) WHERE resumed_from IS NOT NULL;
