-- How the names of a chunk are written: storage/node_names.h.
ALTER TABLE snapshot_chunks ADD COLUMN packing INTEGER NOT NULL DEFAULT 0
  CHECK (packing BETWEEN 0 AND 1);
