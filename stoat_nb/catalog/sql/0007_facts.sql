-- What later readers tell of a file; rows of earlier ones keep nothing there until the file is read again.
-- One statement per line, each of its own: lines may come in any order.

ALTER TABLE streams ADD COLUMN mirrored INTEGER;
ALTER TABLE videos ADD COLUMN mirrored INTEGER;
-- The version of the facts that a file was read for (FACTS_VERSION): the next scan reads again what is older.
-- Null: every packet was read, and only another scan that does so (full, verify) may replace what they told.
ALTER TABLE videos ADD COLUMN facts_version INTEGER DEFAULT 0;
UPDATE videos SET facts_version = NULL WHERE integrity_level = 'packets';
DROP INDEX videos_known;
CREATE INDEX videos_known ON videos (folder_id, name, size_bytes, mtime_ns, inode, device, status, facts_version);
ALTER TABLE streams ADD COLUMN is_sdh INTEGER;
ALTER TABLE streams ADD COLUMN is_commentary INTEGER;
ALTER TABLE streams ADD COLUMN is_description INTEGER;
ALTER TABLE streams ADD COLUMN is_original INTEGER;
ALTER TABLE streams ADD COLUMN is_dub INTEGER;
ALTER TABLE streams ADD COLUMN encrypted INTEGER;
ALTER TABLE streams ADD COLUMN languages TEXT;
ALTER TABLE streams ADD COLUMN language_bcp47 TEXT;
ALTER TABLE videos ADD COLUMN audio_profile TEXT;
ALTER TABLE videos ADD COLUMN encrypted INTEGER;
ALTER TABLE videos ADD COLUMN created_basis TEXT;
ALTER TABLE videos ADD COLUMN created_tz TEXT;
ALTER TABLE videos ADD COLUMN camera_make TEXT;
ALTER TABLE videos ADD COLUMN camera_model TEXT;
ALTER TABLE videos ADD COLUMN lens TEXT;
ALTER TABLE videos ADD COLUMN gps_lat REAL;
ALTER TABLE videos ADD COLUMN gps_lon REAL;
ALTER TABLE videos ADD COLUMN timecode TEXT;
ALTER TABLE videos ADD COLUMN drop_frame INTEGER;
ALTER TABLE videos ADD COLUMN reel TEXT;
ALTER TABLE videos ADD COLUMN muxer TEXT;
ALTER TABLE streams ADD COLUMN fps_nominal REAL;
ALTER TABLE videos ADD COLUMN fps_nominal REAL;
ALTER TABLE streams ADD COLUMN fps_min REAL;
ALTER TABLE videos ADD COLUMN fps_min REAL;
ALTER TABLE streams ADD COLUMN fps_max REAL;
ALTER TABLE videos ADD COLUMN fps_max REAL;
ALTER TABLE streams ADD COLUMN id INTEGER;
ALTER TABLE streams ADD COLUMN hdr_formats TEXT;
ALTER TABLE videos ADD COLUMN hdr_formats TEXT;
ALTER TABLE streams ADD COLUMN has_alpha INTEGER;
ALTER TABLE videos ADD COLUMN has_alpha INTEGER;
ALTER TABLE streams ADD COLUMN closed_captions TEXT;
ALTER TABLE videos ADD COLUMN closed_captions TEXT;
ALTER TABLE videos ADD COLUMN n_tags INTEGER;
ALTER TABLE streams ADD COLUMN visible_width INTEGER;
ALTER TABLE streams ADD COLUMN visible_height INTEGER;
ALTER TABLE streams ADD COLUMN stereo_mode TEXT;
ALTER TABLE streams ADD COLUMN projection TEXT;
ALTER TABLE videos ADD COLUMN visible_width INTEGER;
ALTER TABLE videos ADD COLUMN visible_height INTEGER;
ALTER TABLE videos ADD COLUMN stereo_mode TEXT;
ALTER TABLE videos ADD COLUMN projection TEXT;
