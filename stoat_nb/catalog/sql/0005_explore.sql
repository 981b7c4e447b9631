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

-- What reading every packet tells of how a stream is timed.
ALTER TABLE streams ADD COLUMN frame_min_s REAL;
ALTER TABLE streams ADD COLUMN frame_max_s REAL;
ALTER TABLE streams ADD COLUMN frame_avg_s REAL;

-- What a folder was like when a scan last listed all of it, so that a quick scan need not list it again
-- while its times are the same. They count only if that scan became complete, and under the same rules
-- (endings, hidden folders). No mtime_ns: the times were too young to rely on, or something in it is away.
ALTER TABLE folders ADD COLUMN listed_scan_id INTEGER;
ALTER TABLE folders ADD COLUMN rules INTEGER;
ALTER TABLE folders ADD COLUMN mtime_ns INTEGER;
ALTER TABLE folders ADD COLUMN ctime_ns INTEGER;
ALTER TABLE folders ADD COLUMN n_files INTEGER;
ALTER TABLE folders ADD COLUMN n_bytes INTEGER;
