-- Targets and tasks are updated, each under a version of its own; windows are counted, so that a limit
-- costs a create nothing.

ALTER TABLE window_targets ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE window_tasks ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

ALTER TABLE engine ADD COLUMN windows INTEGER NOT NULL DEFAULT 0 CHECK (windows >= 0);
UPDATE engine SET windows = (SELECT count(*) FROM windows);
