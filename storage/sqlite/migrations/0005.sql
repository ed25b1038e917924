-- How nodes are reached, through what a target was found, whether work was delivered.

ALTER TABLE nodes ADD COLUMN transport TEXT NOT NULL DEFAULT '';
ALTER TABLE nodes ADD COLUMN user TEXT NOT NULL DEFAULT '';

ALTER TABLE task_specs ADD COLUMN only_associated INTEGER NOT NULL DEFAULT 0
  CHECK (only_associated BETWEEN 0 AND 1);

ALTER TABLE snapshot_chunks ADD COLUMN resource_type INTEGER NOT NULL DEFAULT 0
  CHECK (resource_type BETWEEN 0 AND 1);

ALTER TABLE task_executions ADD COLUMN undelivered INTEGER NOT NULL DEFAULT 0
  CHECK (undelivered >= 0 AND undelivered <= failed);

-- Reasons of tasks grow. A CHECK can't be changed, so the column is made anew.
ALTER TABLE task_executions RENAME COLUMN reason TO reason_before;
ALTER TABLE task_executions ADD COLUMN reason INTEGER NOT NULL DEFAULT 0
  CHECK (reason >= 0 AND reason <= 15);
UPDATE task_executions SET reason = reason_before WHERE reason_before <> 0;
ALTER TABLE task_executions DROP COLUMN reason_before;

DROP VIEW task_summaries;

-- One row a task execution; what is not finished has its status from here: InvocationStatus() of
-- engine/model/states.h in SQL, which a test compares. `undelivered` are some of `failed`.
CREATE VIEW task_summaries AS
SELECT e.id AS execution, s.id AS task_execution, n.name AS status, t.count AS invocations,
       t.count - t.next AS queued,
       CASE t.closed_by WHEN 0 THEN 'PENDING' WHEN 2 THEN 'TIMED_OUT' WHEN 4 THEN 'FAILED'
                        ELSE 'CANCELLED' END AS queued_status,
       t.next - t.succeeded - t.failed - t.timed_out - t.cancelled AS in_flight,
       CASE t.stop_requested WHEN 0 THEN 'IN_PROGRESS' ELSE 'CANCELLING' END AS in_flight_status,
       t.succeeded, t.failed, t.undelivered, t.timed_out, t.cancelled
FROM task_executions t
JOIN task_specs s ON s.key = t.key
JOIN executions e ON e.key = t.execution
JOIN status_names n ON n.status = t.status;
