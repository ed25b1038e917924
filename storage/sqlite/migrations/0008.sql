-- A tag's nodes with their names, which never change: an execution opens without a look at each node's row.

ALTER TABLE node_tags RENAME TO node_tags_before;

CREATE TABLE node_tags (
  key      TEXT NOT NULL,
  value    TEXT NOT NULL,
  position INTEGER NOT NULL,
  node     TEXT NOT NULL,
  PRIMARY KEY (key, value, position)
) STRICT, WITHOUT ROWID;

INSERT INTO node_tags (key, value, position, node)
SELECT t.key, t.value, t.position, n.id
FROM node_tags_before t CROSS JOIN nodes n ON n.position = t.position
ORDER BY t.key, t.value, t.position;

DROP TABLE node_tags_before;
