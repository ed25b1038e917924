-- What is told to others: events that wait to be sent, and who asked for what.

-- One row a subscriber and event, until the subscriber has it.
CREATE TABLE outbox (
  seq               INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: rows are settled by it
  subscriber        TEXT NOT NULL,
  id                TEXT NOT NULL,
  level             INTEGER NOT NULL CHECK (level BETWEEN 0 AND 2),
  at                INTEGER NOT NULL,
  window            TEXT NOT NULL,
  execution         TEXT NOT NULL,
  task              TEXT,
  invocation        TEXT,
  node              TEXT,
  window_target     TEXT,
  owner_information TEXT,
  status            INTEGER NOT NULL CHECK (status BETWEEN 0 AND 7),
  started_at        INTEGER,
  ended_at          INTEGER,
  CHECK ((level = 0) = (task IS NULL)),
  CHECK ((level = 2) = (invocation IS NOT NULL))
) STRICT;

-- The row's key is an index's last column: events of a subscriber, in order.
CREATE INDEX outbox_by_subscriber ON outbox (subscriber);

-- Written with what it tells of, in one commit, and never again.
CREATE TABLE audit (
  seq        INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  principal  TEXT NOT NULL,
  source     TEXT NOT NULL,
  request_id TEXT NOT NULL,
  operation  TEXT NOT NULL,
  resources  TEXT NOT NULL,
  summary    TEXT NOT NULL,
  error      TEXT  -- NULL: it was applied
) STRICT;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
