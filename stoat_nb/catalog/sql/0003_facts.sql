-- What later readers tell of a file. Rows of earlier ones keep nothing there until the file is read again:
-- of them is known that nobody has looked.

ALTER TABLE videos ADD COLUMN integrity TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE videos ADD COLUMN integrity_level TEXT NOT NULL DEFAULT 'none';
ALTER TABLE videos ADD COLUMN integrity_reason TEXT;
ALTER TABLE videos ADD COLUMN fragmented INTEGER;
ALTER TABLE videos ADD COLUMN faststart INTEGER;
ALTER TABLE videos ADD COLUMN duration_basis TEXT;
ALTER TABLE videos ADD COLUMN n_data INTEGER;
ALTER TABLE videos ADD COLUMN coded_width INTEGER;
ALTER TABLE videos ADD COLUMN coded_height INTEGER;
ALTER TABLE videos ADD COLUMN chroma TEXT;
ALTER TABLE videos ADD COLUMN fps_mode TEXT;
ALTER TABLE videos ADD COLUMN fps_mode_basis TEXT;
ALTER TABLE videos ADD COLUMN frame_count_basis TEXT;
ALTER TABLE videos ADD COLUMN interlaced INTEGER;
ALTER TABLE videos ADD COLUMN field_order TEXT;
ALTER TABLE videos ADD COLUMN has_b_frames INTEGER;
ALTER TABLE videos ADD COLUMN dv_profile INTEGER;
ALTER TABLE videos ADD COLUMN dv_compat INTEGER;
ALTER TABLE videos ADD COLUMN max_cll INTEGER;
ALTER TABLE videos ADD COLUMN max_fall INTEGER;
ALTER TABLE videos ADD COLUMN video_bitrate_basis TEXT;
ALTER TABLE videos ADD COLUMN audio_bit_depth INTEGER;
ALTER TABLE videos ADD COLUMN audio_bitrate_basis TEXT;

ALTER TABLE streams ADD COLUMN coded_width INTEGER;
ALTER TABLE streams ADD COLUMN coded_height INTEGER;
ALTER TABLE streams ADD COLUMN chroma TEXT;
ALTER TABLE streams ADD COLUMN fps_mode TEXT;
ALTER TABLE streams ADD COLUMN fps_mode_basis TEXT;
ALTER TABLE streams ADD COLUMN frame_count_basis TEXT;
ALTER TABLE streams ADD COLUMN bitrate_basis TEXT;
ALTER TABLE streams ADD COLUMN interlaced INTEGER;
ALTER TABLE streams ADD COLUMN field_order TEXT;
ALTER TABLE streams ADD COLUMN has_b_frames INTEGER;
ALTER TABLE streams ADD COLUMN dv_profile INTEGER;
ALTER TABLE streams ADD COLUMN dv_compat INTEGER;
ALTER TABLE streams ADD COLUMN max_cll INTEGER;
ALTER TABLE streams ADD COLUMN max_fall INTEGER;

CREATE TABLE chapters (
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    start_s REAL,
    end_s REAL,
    title TEXT,
    PRIMARY KEY (video_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE tags (
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    idx INTEGER,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (video_id, place)
) STRICT, WITHOUT ROWID;

-- What the reader said in its own words, as JSON; long ones under zlib.
CREATE TABLE documents (
    video_id INTEGER PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
    document BLOB NOT NULL
) STRICT;
