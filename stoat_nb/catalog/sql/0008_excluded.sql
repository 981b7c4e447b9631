-- A status of its own for files that are there but left out by a scan's rules. A CHECK is changed as SQLite's
-- https://sqlite.org/lang_altertable.html, 7, has it, without a copy of the table. The table that comes and goes
-- tells other connections to read the schema again.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''offline'')', '''offline'', ''excluded'')')
WHERE type = 'table' AND name = 'videos';
PRAGMA writable_schema = RESET;
CREATE TABLE reread (id INTEGER);
DROP TABLE reread;
