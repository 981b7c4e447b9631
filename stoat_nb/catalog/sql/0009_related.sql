-- What follows from the rows and names of one folder: groups of parts, and subtitle files beside a video. A scan
-- tells both anew of the folders that are not related when it ends; recording says so of the rows it adds, as
-- for snapshots.
ALTER TABLE videos ADD COLUMN group_id INTEGER;
ALTER TABLE videos ADD COLUMN group_part INTEGER;
ALTER TABLE videos ADD COLUMN group_kind TEXT;
ALTER TABLE videos ADD COLUMN n_subtitle_external INTEGER NOT NULL DEFAULT 0;
ALTER TABLE videos ADD COLUMN external_subtitle_languages TEXT NOT NULL DEFAULT '[]';
ALTER TABLE streams ADD COLUMN external INTEGER NOT NULL DEFAULT 0;
ALTER TABLE streams ADD COLUMN external_path TEXT;
-- JSON, the names of subtitle files in it; null: none.
ALTER TABLE folders ADD COLUMN sidecars TEXT;
ALTER TABLE folders ADD COLUMN related INTEGER NOT NULL DEFAULT 0;
-- Where a file is that was reached by a link, as the file system knows it.
ALTER TABLE videos ADD COLUMN real_path BLOB;

CREATE INDEX folders_not_related ON folders (id) WHERE NOT related;
CREATE INDEX videos_group ON videos (group_id, group_part) WHERE group_id IS NOT NULL;
CREATE TRIGGER related_video_changed AFTER UPDATE OF folder_id, name, status ON videos
BEGIN UPDATE folders SET related = 0 WHERE id IN (old.folder_id, new.folder_id) AND related; END;
CREATE TRIGGER related_video_removed AFTER DELETE ON videos
BEGIN UPDATE folders SET related = 0 WHERE id = old.folder_id AND related; END;
