-- The fleet: nodes, their tags, and the groups of an inventory.

CREATE TABLE nodes (
  position         INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice
  id               TEXT NOT NULL UNIQUE,
  origin           TEXT NOT NULL,
  reading          INTEGER NOT NULL,  -- the origin's last one that named it
  name             TEXT NOT NULL,
  platform         INTEGER NOT NULL CHECK (platform BETWEEN 0 AND 3),
  platform_name    TEXT NOT NULL,
  platform_version TEXT NOT NULL,
  address          TEXT NOT NULL,
  last_seen_at     INTEGER,
  tags             BLOB NOT NULL,     -- of the origin
  api_tags         BLOB NOT NULL,
  registered_at    INTEGER NOT NULL,
  version          INTEGER NOT NULL CHECK (version > 0)
) STRICT;

-- The row's key is an index's last column: nodes of an origin, by position.
CREATE INDEX nodes_by_origin ON nodes (origin);

-- What each node shows: its origin's tags, and over them the API's. The nodes of a tag lie together, by
-- position.
CREATE TABLE node_tags (
  key      TEXT NOT NULL,
  value    TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (key, value, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE node_groups (
  name      TEXT NOT NULL PRIMARY KEY,
  selectors BLOB NOT NULL
) STRICT, WITHOUT ROWID;
