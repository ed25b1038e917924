-- Instants are microseconds since 1970, UTC. Statuses, reasons and the like are the integers of
-- engine/model/states.h and definitions.h. Lists are blobs (storage/list_codec.h).
-- A CHECK on a row that is often written spells alternatives out: for an IN of three or more SQLite
-- fills a table for each row.

CREATE TABLE engine (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  owner TEXT NOT NULL
) STRICT;

INSERT INTO engine (id, epoch, owner) VALUES (1, 0, '');

-- Definitions.

CREATE TABLE windows (
  position          INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of creation; never used twice
  id                TEXT NOT NULL UNIQUE,
  name              TEXT NOT NULL,
  description       TEXT,
  schedule          TEXT NOT NULL,
  schedule_timezone TEXT,
  schedule_offset   INTEGER,
  start_date        TEXT,
  end_date          TEXT,
  duration_hours    INTEGER NOT NULL,
  cutoff_hours      INTEGER NOT NULL,
  allow_unassociated_targets INTEGER NOT NULL CHECK (allow_unassociated_targets IN (0, 1)),
  enabled           INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_at        INTEGER NOT NULL,
  modified_at       INTEGER NOT NULL,
  rate_base_at      INTEGER NOT NULL,
  due_at            INTEGER,
  tags              BLOB NOT NULL,
  version           INTEGER NOT NULL
) STRICT;

CREATE INDEX windows_due ON windows (due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE window_targets (
  position          INTEGER PRIMARY KEY,
  id                TEXT NOT NULL UNIQUE,
  window            TEXT NOT NULL REFERENCES windows (id) ON DELETE CASCADE,
  resource_type     INTEGER NOT NULL CHECK (resource_type BETWEEN 0 AND 1),
  selectors         BLOB NOT NULL,
  owner_information TEXT,
  name              TEXT,
  description       TEXT,
  created_at        INTEGER NOT NULL
) STRICT;

CREATE INDEX window_targets_by_window ON window_targets (window);

CREATE TABLE window_tasks (
  position         INTEGER PRIMARY KEY,
  id               TEXT NOT NULL UNIQUE,
  window           TEXT NOT NULL REFERENCES windows (id) ON DELETE CASCADE,
  task_arn         TEXT NOT NULL,
  type             INTEGER NOT NULL CHECK (type BETWEEN 0 AND 3),
  targets          BLOB NOT NULL,
  priority         INTEGER NOT NULL,
  max_concurrency  TEXT NOT NULL,
  max_errors       TEXT NOT NULL,
  cutoff_behavior  INTEGER CHECK (cutoff_behavior BETWEEN 0 AND 1),
  service_role_arn TEXT,
  name             TEXT,
  description      TEXT,
  payload          BLOB NOT NULL,
  created_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX window_tasks_by_window ON window_tasks (window);

CREATE TABLE tokens (
  operation    TEXT NOT NULL,
  scope        TEXT NOT NULL,
  token        TEXT NOT NULL,
  request_hash INTEGER NOT NULL,  -- 64 bits
  result_id    TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (operation, scope, token)
) STRICT, WITHOUT ROWID;

CREATE INDEX tokens_by_age ON tokens (operation, created_at);

-- Runs. Executions outlive their window.

CREATE TABLE executions (
  key        INTEGER PRIMARY KEY CHECK (key > 0),
  id         TEXT NOT NULL UNIQUE,
  window     TEXT NOT NULL,
  start_at   INTEGER NOT NULL,
  cutoff_at  INTEGER NOT NULL,
  end_at     INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  epoch      INTEGER NOT NULL,
  status     INTEGER NOT NULL CHECK (status BETWEEN 0 AND 7),
  reason     INTEGER NOT NULL CHECK (reason BETWEEN 0 AND 11),
  missed     INTEGER NOT NULL CHECK (missed = (reason = 11)),
  detail     TEXT NOT NULL,
  ended_at   INTEGER,
  cancel_policy       INTEGER CHECK (cancel_policy BETWEEN 0 AND 2),
  cancel_principal    TEXT,
  cancel_reason       TEXT,
  cancel_requested_at INTEGER,
  cancel_queued       INTEGER,
  cancel_in_flight    INTEGER,
  CHECK ((status < 2 OR status = 5) = (ended_at IS NULL)),
  CHECK ((cancel_policy IS NULL) = (cancel_principal IS NULL)
     AND (cancel_policy IS NULL) = (cancel_reason IS NULL)
     AND (cancel_policy IS NULL) = (cancel_requested_at IS NULL)
     AND (cancel_policy IS NULL) = (cancel_queued IS NULL)
     AND (cancel_policy IS NULL) = (cancel_in_flight IS NULL))
) STRICT;

-- At most one active execution a window. Queries repeat the condition, word for word.
CREATE UNIQUE INDEX executions_active ON executions (window) WHERE ended_at IS NULL;

-- One execution an occurrence. One that was recorded as missed (reason 11) leaves room for another:
-- the clock may have been wrong. Queries repeat the condition, word for word.
CREATE UNIQUE INDEX executions_opened ON executions (window, start_at) WHERE missed = 0;

-- The row's key is an index's last column: newest first is this index, backwards.
CREATE INDEX executions_by_window ON executions (window);

-- What changes of a task execution. Kept small: each claim and each finish rewrites it.
CREATE TABLE task_executions (
  key               INTEGER PRIMARY KEY CHECK (key > 0),
  execution         INTEGER NOT NULL REFERENCES executions (key),
  status            INTEGER NOT NULL CHECK (status BETWEEN 0 AND 6),
  closed_by         INTEGER NOT NULL CHECK (closed_by BETWEEN 0 AND 4),
  stop_requested    INTEGER NOT NULL CHECK (stop_requested BETWEEN 0 AND 1),
  reason            INTEGER NOT NULL CHECK (reason BETWEEN 0 AND 11),
  detail            TEXT NOT NULL,
  first             INTEGER NOT NULL CHECK (first >= 0),
  count             INTEGER NOT NULL CHECK (count BETWEEN 0 AND 268435456),
  concurrency_limit INTEGER NOT NULL,
  error_limit       INTEGER NOT NULL,
  next              INTEGER NOT NULL,
  low               INTEGER NOT NULL CHECK (low >= 0),
  stragglers        BLOB NOT NULL,
  succeeded         INTEGER NOT NULL CHECK (succeeded >= 0),
  failed            INTEGER NOT NULL CHECK (failed >= 0),
  timed_out         INTEGER NOT NULL CHECK (timed_out >= 0),
  cancelled         INTEGER NOT NULL CHECK (cancelled >= 0),
  started_at        INTEGER,
  ended_at          INTEGER,
  room              BLOB,  -- what ending adds, until then: a full page needn't split in a cancel
  CHECK (low <= next AND next <= count),
  CHECK (succeeded + failed + timed_out + cancelled <= next),
  CHECK ((status < 2 OR status = 5) = (ended_at IS NULL)),
  CHECK (status < 2 OR status = 5 OR succeeded + failed + timed_out + cancelled = next),
  CHECK ((ended_at IS NULL) = (room IS NOT NULL))
) STRICT;

CREATE INDEX task_executions_by_execution ON task_executions (execution);

-- What never changes of it.
CREATE TABLE task_specs (
  key              INTEGER PRIMARY KEY REFERENCES task_executions (key),
  id               TEXT NOT NULL UNIQUE,
  window_task      TEXT NOT NULL,
  task_arn         TEXT NOT NULL,
  type             INTEGER NOT NULL CHECK (type BETWEEN 0 AND 3),
  targets          BLOB NOT NULL,
  priority         INTEGER NOT NULL,
  max_concurrency  TEXT NOT NULL,
  max_errors       TEXT NOT NULL,
  cutoff_behavior  INTEGER CHECK (cutoff_behavior BETWEEN 0 AND 1),
  service_role_arn TEXT,
  payload          BLOB NOT NULL,
  snapshot         INTEGER NOT NULL
) STRICT;

-- Chunks of resolved targets. key = snapshot << 28 | ordinal of the first: a rowid table's leaves hold
-- four rows of 900 bytes without an overflow page.
CREATE TABLE snapshot_chunks (
  key               INTEGER PRIMARY KEY CHECK (key > 0),
  nodes             BLOB NOT NULL,
  window_target     TEXT,
  owner_information TEXT
) STRICT;

-- Finished invocations; no other has a row. key = task execution << 28 | ordinal.
CREATE TABLE finishes (
  key        INTEGER PRIMARY KEY CHECK (key > 0),
  status     INTEGER NOT NULL CHECK (status BETWEEN 2 AND 4 OR status = 6),
  started_at INTEGER,
  ended_at   INTEGER NOT NULL,
  exit_code  INTEGER,
  detail     TEXT NOT NULL
) STRICT;

-- What went wrong. Queries repeat the condition, word for word.
CREATE INDEX finishes_not_success ON finishes (status, key) WHERE status <> 2;

-- For operators, to be read with any SQLite shell.

CREATE TABLE status_names (
  status INTEGER PRIMARY KEY,
  name   TEXT NOT NULL
) STRICT;

INSERT INTO status_names (status, name) VALUES
  (0, 'PENDING'), (1, 'IN_PROGRESS'), (2, 'SUCCESS'), (3, 'FAILED'), (4, 'TIMED_OUT'),
  (5, 'CANCELLING'), (6, 'CANCELLED'), (7, 'SKIPPED_OVERLAPPING');

CREATE VIEW finished_invocations AS
SELECT s.id AS task_execution, f.key & 268435455 AS ordinal, n.name AS status, f.started_at,
       f.ended_at, f.exit_code, f.detail
FROM finishes f
JOIN task_specs s ON s.key = f.key >> 28
JOIN status_names n ON n.status = f.status;

-- One row a task execution; what is not finished has its status from here: InvocationStatus() of
-- engine/model/states.h in SQL, which a test compares.
CREATE VIEW task_summaries AS
SELECT e.id AS execution, s.id AS task_execution, n.name AS status, t.count AS invocations,
       t.count - t.next AS queued,
       CASE t.closed_by WHEN 0 THEN 'PENDING' WHEN 2 THEN 'TIMED_OUT' WHEN 4 THEN 'FAILED'
                        ELSE 'CANCELLED' END AS queued_status,
       t.next - t.succeeded - t.failed - t.timed_out - t.cancelled AS in_flight,
       CASE t.stop_requested WHEN 0 THEN 'IN_PROGRESS' ELSE 'CANCELLING' END AS in_flight_status,
       t.succeeded, t.failed, t.timed_out, t.cancelled
FROM task_executions t
JOIN task_specs s ON s.key = t.key
JOIN executions e ON e.key = t.execution
JOIN status_names n ON n.status = t.status;
