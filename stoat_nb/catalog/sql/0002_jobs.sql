-- Jobs are shared by all processes that have the file open. A worker is the queue of one of them; what it
-- takes is its own for as long as it gives signs of life, and the attempt is the fence: whoever was taken
-- for dead finds that the job has another attempt by now, and changes nothing any more.

CREATE TABLE workers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    entered_at REAL NOT NULL,
    -- Monotonic seconds of the boot named in owner: no clock that people set may end a lease.
    beat_at REAL NOT NULL
) STRICT;

ALTER TABLE jobs RENAME TO old_jobs;
DROP TRIGGER jobs_final_status_never_changes;
DROP INDEX jobs_submitted;
DROP INDEX jobs_live;

CREATE TABLE jobs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    status TEXT NOT NULL CHECK (
        status IN ('pending', 'running', 'complete', 'failed', 'timeout', 'cancelled')
    ),
    payload TEXT NOT NULL,
    progress TEXT,
    result TEXT,
    error TEXT,
    submitted_at REAL NOT NULL,
    started_at REAL,
    finished_at REAL,
    heartbeat_at REAL,
    timeout_s REAL,
    attempt INTEGER NOT NULL DEFAULT 0,
    deaths INTEGER NOT NULL DEFAULT 0,
    max_deaths INTEGER NOT NULL DEFAULT 3,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    pause_requested INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0,
    priority INTEGER NOT NULL DEFAULT 0,
    retry_of TEXT,
    seq INTEGER NOT NULL DEFAULT 0,
    worker_id INTEGER,
    -- Grows with every change to any job, so that others can ask for what is new.
    revision INTEGER NOT NULL,
    changed_by INTEGER
) STRICT;

INSERT INTO jobs (
    id, type, status, payload, progress, result, error, submitted_at, started_at, finished_at,
    heartbeat_at, timeout_s, attempt, cancel_requested, seq, revision
)
SELECT
    id, type,
    -- Nobody can be running it any more. What was asked to stop must not start again.
    CASE WHEN status <> 'running' THEN status WHEN cancel_requested THEN 'cancelled' ELSE 'pending' END,
    payload, progress, result, error, submitted_at, started_at,
    iif(status = 'running' AND cancel_requested, unixepoch('subsec'), finished_at),
    heartbeat_at, timeout_s, attempt, cancel_requested, seq, 0
FROM old_jobs
ORDER BY submitted_at, rowid;

DROP TABLE old_jobs;

-- The next job to take is the first entry; its condition must be spelled alike where it is asked for.
CREATE INDEX jobs_waiting ON jobs (priority DESC, number) WHERE status = 'pending' AND paused = 0;
CREATE INDEX jobs_running ON jobs (worker_id, type) WHERE status = 'running';
CREATE INDEX jobs_revision ON jobs (revision);

CREATE TRIGGER jobs_final_status_never_changes
BEFORE UPDATE OF status ON jobs
WHEN old.status NOT IN ('pending', 'running') AND new.status IS NOT old.status
BEGIN
    SELECT raise(ABORT, 'a final job status never changes');
END;

CREATE TABLE job_events (
    id INTEGER PRIMARY KEY,
    job_number INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
    at REAL NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    attempt INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;

CREATE INDEX job_events_job ON job_events (job_number);
