-- What scans changed, so that two of them can be compared. That a scan added a file is in the file's own
-- row: a first scan of a million files writes nothing twice.

ALTER TABLE videos ADD COLUMN first_scan_id INTEGER;
ALTER TABLE scans ADD COLUMN moved INTEGER;
ALTER TABLE scans ADD COLUMN returned INTEGER;
ALTER TABLE scans ADD COLUMN offline INTEGER;

-- A file that was moved is found again by the number its file system gives it.
CREATE INDEX videos_identity ON videos (inode, device);
CREATE INDEX videos_first_scan ON videos (first_scan_id);

CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    scan_id INTEGER NOT NULL,
    video_id INTEGER NOT NULL,
    -- Where the file was after the change.
    path TEXT NOT NULL,
    -- JSON: the columns that changed, each with its old and its new value.
    facts TEXT NOT NULL
) STRICT;

CREATE INDEX changes_scan ON changes (scan_id);
CREATE INDEX changes_video ON changes (video_id, scan_id);
