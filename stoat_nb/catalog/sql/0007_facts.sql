-- What later readers tell of a file; rows of earlier ones keep nothing there until the file is read again.
-- One statement per line, each of its own: lines may come in any order.

ALTER TABLE streams ADD COLUMN mirrored INTEGER;
ALTER TABLE videos ADD COLUMN mirrored INTEGER;
