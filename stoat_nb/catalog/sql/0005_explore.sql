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

-- A frame of a large library is kept in a file for as long as its token is here. Whatever changes what
-- frames are made of takes the token away in the same transaction. Cataloguing does so itself, once for
-- each batch: a trigger on every insert would double what a first scan costs. So that rows which another
-- program adds are noticed too, the last number of a video goes with the token.
CREATE TABLE snapshots (
    name TEXT PRIMARY KEY,
    token TEXT NOT NULL,
    last_video_id INTEGER NOT NULL
) STRICT;

CREATE TRIGGER snapshots_video_changed AFTER UPDATE ON videos
WHEN EXISTS (SELECT 1 FROM snapshots) BEGIN DELETE FROM snapshots; END;
CREATE TRIGGER snapshots_video_removed AFTER DELETE ON videos
WHEN EXISTS (SELECT 1 FROM snapshots) BEGIN DELETE FROM snapshots; END;
CREATE TRIGGER snapshots_stream_changed AFTER UPDATE ON streams
WHEN EXISTS (SELECT 1 FROM snapshots) BEGIN DELETE FROM snapshots; END;
CREATE TRIGGER snapshots_stream_removed AFTER DELETE ON streams
WHEN EXISTS (SELECT 1 FROM snapshots) BEGIN DELETE FROM snapshots; END;
CREATE TRIGGER snapshots_failure_changed AFTER UPDATE ON failures
WHEN EXISTS (SELECT 1 FROM snapshots) BEGIN DELETE FROM snapshots; END;
CREATE TRIGGER snapshots_failure_removed AFTER DELETE ON failures
WHEN EXISTS (SELECT 1 FROM snapshots) BEGIN DELETE FROM snapshots; END;
CREATE TRIGGER snapshots_folder_changed AFTER UPDATE OF root_id, path_text, seen_at ON folders
WHEN EXISTS (SELECT 1 FROM snapshots) BEGIN DELETE FROM snapshots; END;
CREATE TRIGGER snapshots_folder_removed AFTER DELETE ON folders
WHEN EXISTS (SELECT 1 FROM snapshots) BEGIN DELETE FROM snapshots; END;
CREATE TRIGGER snapshots_root_changed AFTER UPDATE OF path_text ON roots
WHEN EXISTS (SELECT 1 FROM snapshots) BEGIN DELETE FROM snapshots; END;
CREATE TRIGGER snapshots_root_removed AFTER DELETE ON roots
WHEN EXISTS (SELECT 1 FROM snapshots) BEGIN DELETE FROM snapshots; END;

-- What is counted beside each other while exploring is read off one index, never off the wide rows: the
-- summary, the facets, the histograms. One index more columns wide costs a scan less than one each.
DROP INDEX videos_summary;
CREATE INDEX videos_summary ON videos (
    -- The facets: few different values each, so that videos that are alike in all of them lie together
    -- and are counted as one kind, without sorting. In the order of filters/facets.py.
    status, codec, container, display_width, display_height, hdr, audio_codec, integrity, fps,
    audio_languages,
    -- What histograms and totals read beside them.
    size_bytes, duration_s, bitrate, created_at
);
