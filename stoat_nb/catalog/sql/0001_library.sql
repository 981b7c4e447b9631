-- Names and paths are kept twice: as the bytes the file system knows (BLOB), and as the text people see.
-- Times are seconds since 1970, UTC, unless their name says otherwise.

CREATE TABLE roots (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    path_text TEXT NOT NULL
) STRICT;

CREATE TABLE scans (
    id INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL,
    root_id INTEGER NOT NULL REFERENCES roots (id),
    folder BLOB NOT NULL,
    folder_text TEXT NOT NULL,
    recursive INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'running',
    started_at REAL NOT NULL,
    finished_at REAL,
    scanned INTEGER,
    new INTEGER,
    updated INTEGER,
    skipped INTEGER,
    failed INTEGER,
    removed INTEGER,
    bytes_scanned INTEGER,
    elapsed_s REAL,
    report TEXT
) STRICT;

CREATE INDEX scans_root ON scans (root_id);
CREATE INDEX scans_running ON scans (job_id) WHERE status = 'running';

-- A scan that lists a folder completely has seen every file of it that is still there: one mark here
-- stands for as many rows as the folder has files. seen_before is the mark of the scan before, so
-- that a file which turns out to be gone can be given back the time at which it was there.
CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    root_id INTEGER NOT NULL REFERENCES roots (id),
    path BLOB NOT NULL UNIQUE,
    path_text TEXT NOT NULL,
    seen_at REAL,
    seen_before REAL,
    seen_scan_id INTEGER
) STRICT;

CREATE INDEX folders_root ON folders (root_id);

CREATE TABLE videos (
    id INTEGER PRIMARY KEY,
    folder_id INTEGER NOT NULL REFERENCES folders (id),
    name BLOB NOT NULL,
    path TEXT NOT NULL,
    extension TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('ok', 'failed', 'missing', 'offline')),
    first_seen REAL NOT NULL,
    last_seen REAL NOT NULL,
    missing_since REAL,
    probed_at REAL NOT NULL,
    scan_id INTEGER NOT NULL,
    tool TEXT,
    container TEXT,
    format_name TEXT,
    duration_s REAL,
    start_s REAL,
    bitrate INTEGER,
    n_streams INTEGER,
    n_video INTEGER,
    n_audio INTEGER,
    n_subtitle INTEGER,
    n_chapters INTEGER,
    has_cover INTEGER,
    codec TEXT,
    codec_tag TEXT,
    profile TEXT,
    level INTEGER,
    width INTEGER,
    height INTEGER,
    rotation INTEGER,
    display_width INTEGER,
    display_height INTEGER,
    sar REAL,
    dar REAL,
    fps REAL,
    fps_num INTEGER,
    fps_den INTEGER,
    frame_count INTEGER,
    pix_fmt TEXT,
    bit_depth INTEGER,
    color_range TEXT,
    color_space TEXT,
    color_transfer TEXT,
    color_primaries TEXT,
    hdr TEXT,
    video_bitrate INTEGER,
    audio_codec TEXT,
    channels INTEGER,
    channel_layout TEXT,
    sample_rate INTEGER,
    audio_language TEXT,
    audio_bitrate INTEGER,
    audio_languages TEXT,
    subtitle_languages TEXT,
    created_at REAL,
    encoder TEXT,
    title TEXT,
    UNIQUE (folder_id, name)
) STRICT;

-- A rescan asks for each folder's files once and must not touch the wide rows for it.
CREATE INDEX videos_known ON videos (folder_id, name, size_bytes, mtime_ns, inode, device, status);

-- Pages are sorted by these; the summary is read from the last without touching a row.
CREATE INDEX videos_path ON videos (path);
CREATE INDEX videos_size ON videos (size_bytes);
CREATE INDEX videos_duration ON videos (duration_s);
CREATE INDEX videos_mtime ON videos (mtime_ns);
CREATE INDEX videos_summary ON videos (
    status, codec, container, display_width, display_height, size_bytes, duration_s
);

CREATE TABLE streams (
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    kind TEXT NOT NULL,
    codec TEXT,
    codec_tag TEXT,
    profile TEXT,
    level INTEGER,
    width INTEGER,
    height INTEGER,
    rotation INTEGER,
    sar REAL,
    pix_fmt TEXT,
    bit_depth INTEGER,
    fps_num INTEGER,
    fps_den INTEGER,
    color_range TEXT,
    color_space TEXT,
    color_transfer TEXT,
    color_primaries TEXT,
    hdr TEXT,
    channels INTEGER,
    channel_layout TEXT,
    sample_rate INTEGER,
    bitrate INTEGER,
    duration_s REAL,
    start_s REAL,
    frame_count INTEGER,
    language TEXT,
    title TEXT,
    is_default INTEGER NOT NULL,
    is_forced INTEGER NOT NULL,
    is_cover INTEGER NOT NULL,
    PRIMARY KEY (video_id, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE failures (
    video_id INTEGER PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
    error_class TEXT NOT NULL,
    error TEXT NOT NULL CHECK (error <> ''),
    tool TEXT NOT NULL,
    elapsed_ms INTEGER,
    scan_id INTEGER NOT NULL,
    failed_at REAL NOT NULL
) STRICT;

CREATE TABLE jobs (
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    status TEXT NOT NULL CHECK (
        status IN ('pending', 'running', 'complete', 'failed', 'timeout', 'cancelled')
    ),
    payload TEXT NOT NULL,
    progress TEXT NOT NULL,
    result TEXT,
    error TEXT,
    submitted_at REAL NOT NULL,
    started_at REAL,
    finished_at REAL,
    heartbeat_at REAL,
    timeout_s REAL,
    attempt INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    owner TEXT NOT NULL
) STRICT;

CREATE INDEX jobs_submitted ON jobs (submitted_at);
CREATE INDEX jobs_live ON jobs (owner) WHERE status IN ('pending', 'running');

CREATE TRIGGER jobs_final_status_never_changes
BEFORE UPDATE OF status ON jobs
WHEN old.status NOT IN ('pending', 'running') AND new.status IS NOT old.status
BEGIN
    SELECT raise(ABORT, 'a final job status never changes');
END;
