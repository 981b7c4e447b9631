-- A function over the library: its newest code, what its answers are kept as, and a number that changes with them.
-- The answers are in tables of their own, result_<id> and rows_<id>, which are made and widened as answers come.
CREATE TABLE analyses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    version TEXT NOT NULL,
    -- By the names of columns: kind, unit, doc, the version that gave them their kind.
    columns TEXT NOT NULL DEFAULT '{}',
    row_columns TEXT NOT NULL DEFAULT '{}',
    function TEXT NOT NULL,
    code TEXT NOT NULL,
    source TEXT,
    revision INTEGER NOT NULL DEFAULT 0,
    made_at REAL NOT NULL
) STRICT;

-- Functions as they travel, once each, by their hash. Only one with the seal of whoever opens the library is ever run.
CREATE TABLE functions (
    hash TEXT PRIMARY KEY,
    pickled BLOB NOT NULL,
    seal TEXT NOT NULL,
    made_at REAL NOT NULL
) STRICT;

-- Of which bytes and which version there is an answer, or why there is none.
CREATE TABLE results (
    analysis_id INTEGER NOT NULL REFERENCES analyses (id) ON DELETE CASCADE,
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    version TEXT NOT NULL,
    code TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    -- The number of the job that found it.
    job INTEGER NOT NULL,
    at REAL NOT NULL,
    elapsed_s REAL NOT NULL,
    error_class TEXT,
    error_type TEXT,
    error TEXT,
    error_line TEXT,
    PRIMARY KEY (analysis_id, video_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX results_video ON results (video_id);
