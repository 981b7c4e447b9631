-- Jobs that must not run side by side: each holds a path while it runs, and whatever lies beneath it. A path
-- ends with a slash, so that a prefix of another is a folder around it.

ALTER TABLE jobs ADD COLUMN lock TEXT;
-- Pending: the running job whose lock overlaps its own.
ALTER TABLE jobs ADD COLUMN waits_for TEXT;

CREATE INDEX jobs_locks ON jobs (lock) WHERE lock IS NOT NULL AND status IN ('pending', 'running');

-- What is under way already. Names that are no text are kept otherwise, and rare: they wait for nobody.
UPDATE jobs SET lock = rtrim(payload ->> '$.path', '/') || '/'
WHERE type = 'scan' AND status IN ('pending', 'running')
AND json_type(payload, '$.path') = 'text' AND payload NOT LIKE '%\ud%';
