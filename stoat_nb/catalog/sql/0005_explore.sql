-- What exploring asks of the catalog, and what tells one file from another wherever it lies.

-- A file that was moved to another disk, or restored from a copy, has another inode there: its size and
-- its two ends tell that it is the same.
-- There is no index on it: digests come in no order, and keeping them in one would cost a first scan more
-- than all else that it writes.
ALTER TABLE videos ADD COLUMN quick_hash TEXT;

-- Views that people have given a name: what was filtered, how it was sorted, which columns were shown.
CREATE TABLE views (
    name TEXT PRIMARY KEY,
    -- JSON, as the explorer keeps it.
    state TEXT NOT NULL,
    saved_at REAL NOT NULL
) STRICT;
