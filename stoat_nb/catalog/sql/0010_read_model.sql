-- The read model is the columns of videos in Arrow, in a file that all processes map. It follows the catalog by
-- what changed since: rows with a higher number are new, and of all that were changed or removed touched has the
-- number, with a place in the order of changes. Number 0 stands for the marks on folders.
CREATE TABLE touched (
    video_id INTEGER PRIMARY KEY,
    place INTEGER NOT NULL
) STRICT;
CREATE INDEX touched_place ON touched (place);

-- The files of the read model that are true: each holds the rows as they were after a place, and up to a number.
-- A copy of a library that is put back does not know the files that were made after it.
CREATE TABLE read_models (
    token TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    place INTEGER NOT NULL,
    last_video_id INTEGER NOT NULL
) STRICT;

CREATE TRIGGER touched_video_changed AFTER UPDATE ON videos BEGIN
INSERT INTO touched VALUES (new.id, (SELECT coalesce(max(place), 0) + 1 FROM touched))
ON CONFLICT DO UPDATE SET place = excluded.place; END;
CREATE TRIGGER touched_video_removed AFTER DELETE ON videos BEGIN
INSERT INTO touched VALUES (old.id, (SELECT coalesce(max(place), 0) + 1 FROM touched))
ON CONFLICT DO UPDATE SET place = excluded.place; END;
CREATE TRIGGER touched_stream_changed AFTER UPDATE ON streams BEGIN
INSERT INTO touched VALUES (new.video_id, (SELECT coalesce(max(place), 0) + 1 FROM touched))
ON CONFLICT DO UPDATE SET place = excluded.place; END;
CREATE TRIGGER touched_stream_removed AFTER DELETE ON streams BEGIN
INSERT INTO touched VALUES (old.video_id, (SELECT coalesce(max(place), 0) + 1 FROM touched))
ON CONFLICT DO UPDATE SET place = excluded.place; END;
CREATE TRIGGER touched_failure_changed AFTER UPDATE ON failures BEGIN
INSERT INTO touched VALUES (new.video_id, (SELECT coalesce(max(place), 0) + 1 FROM touched))
ON CONFLICT DO UPDATE SET place = excluded.place; END;
CREATE TRIGGER touched_failure_removed AFTER DELETE ON failures BEGIN
INSERT INTO touched VALUES (old.video_id, (SELECT coalesce(max(place), 0) + 1 FROM touched))
ON CONFLICT DO UPDATE SET place = excluded.place; END;
CREATE TRIGGER touched_folder_seen AFTER UPDATE OF seen_at ON folders BEGIN
INSERT INTO touched VALUES (0, (SELECT coalesce(max(place), 0) + 1 FROM touched))
ON CONFLICT DO UPDATE SET place = excluded.place; END;
CREATE TRIGGER touched_folder_changed AFTER UPDATE OF root_id, path_text ON folders BEGIN
INSERT INTO touched SELECT id, (SELECT coalesce(max(place), 0) + 1 FROM touched) FROM videos
WHERE folder_id = new.id ON CONFLICT DO UPDATE SET place = excluded.place; END;
CREATE TRIGGER touched_root_changed AFTER UPDATE OF path_text ON roots BEGIN
INSERT INTO touched SELECT id, (SELECT coalesce(max(place), 0) + 1 FROM touched) FROM videos
WHERE folder_id IN (SELECT id FROM folders WHERE root_id = new.id)
ON CONFLICT DO UPDATE SET place = excluded.place; END;

DROP TRIGGER snapshots_video_changed;
DROP TRIGGER snapshots_video_removed;
DROP TRIGGER snapshots_stream_changed;
DROP TRIGGER snapshots_stream_removed;
DROP TRIGGER snapshots_failure_changed;
DROP TRIGGER snapshots_failure_removed;
DROP TRIGGER snapshots_folder_changed;
DROP TRIGGER snapshots_folder_removed;
DROP TRIGGER snapshots_root_changed;
DROP TRIGGER snapshots_root_removed;
DROP TABLE snapshots;
-- What pages, facets and plots were read off. Each cost a scan its share.
DROP INDEX videos_size;
DROP INDEX videos_duration;
DROP INDEX videos_mtime;
DROP INDEX videos_summary;
