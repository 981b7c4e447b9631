"""A library file of any number of rows, put there by SQL alone, for measuring how it is read."""

from __future__ import annotations

from pathlib import Path

import apsw

from stoat_nb.catalog.catalog import Catalog

_FOLDERS = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999),
named(i, path) AS (SELECT i, '/videos/' || (2010 + i / 63) || '/project ' || i FROM n)
INSERT INTO folders (id, root_id, path, path_text, seen_at)
SELECT i + 1, 1, CAST(path AS BLOB), path, 1e9 FROM named
"""
#: ``h`` is a number of 31 bits that looks random; its bits choose the facts.
_VIDEOS = """
WITH RECURSIVE n(i, h) AS (
    SELECT 0, 1 UNION ALL SELECT i + 1, (h * 1103515245 + 12345) % 2147483648 FROM n WHERE i < ? - 1
),
facts AS (
    SELECT *, 1 + i * 1000 / ? AS folder, 'clip ' || (h >> 8) || ' ' || i || '.mp4' AS name,
        i * 7919 % 4 AS size, 24 + i * 5 % 2 * 6 AS rate, i * 40503 / 16 % 8 AS kind
    FROM n
)
INSERT INTO videos (
    id, folder_id, name, path, extension, size_bytes, mtime_ns, device, inode, status, first_seen,
    last_seen, probed_at, scan_id, first_scan_id, container, format_name, duration_s, bitrate,
    n_streams, n_video, n_audio, codec, width, height, display_width, display_height, fps, fps_num,
    fps_den, pix_fmt, bit_depth, hdr, audio_codec, channels, audio_language, audio_languages,
    subtitle_languages, created_at, integrity, encoder, tool
)
SELECT
    i + 1, folder, CAST(name AS BLOB),
    '/videos/' || (2010 + (folder - 1) / 63) || '/project ' || (folder - 1) || '/' || name, 'mp4',
    h * 3, 1500000000000000000 + h * 100000000, 1, i, iif(h >> 8 & 63, 'ok', 'failed'), 1e9, 1e9,
    1e9, 1, 1, CASE h >> 16 & 3 WHEN 0 THEN 'mp4' WHEN 1 THEN 'matroska' ELSE 'mov' END, 'mov,mp4',
    (h >> 8 & 8191) * 1.5, h >> 4 & 0xffffff, 2, 1, 1,
    CASE kind WHEN 0 THEN 'hevc' WHEN 1 THEN 'av1' WHEN 2 THEN 'prores' ELSE 'h264' END,
    iif(size, 1920, 3840), iif(size, 1080, 2160), iif(size, 1920, 3840), iif(size, 1080, 2160),
    rate / 1.001, rate * 1000, 1001, 'yuv420p', 8, iif(h >> 14 & 15, 'sdr', 'hdr10'),
    iif(h >> 18 & 3, 'aac', 'opus'), 2, 'eng', '["eng"]', '[]', 1.5e9 + (h >> 5), 'complete',
    'Lavf60.16.100', 'header 1'
FROM facts
"""


def make(path: Path, rows: int) -> None:
    """Make a library of that many videos; its indexes are made last, which is quicker."""
    Catalog(path).close()
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN")
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master "
        "WHERE type = 'index' AND tbl_name = 'videos' AND sql <> ''"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    connection.execute("INSERT INTO roots VALUES (1, CAST('/videos' AS BLOB), '/videos')")
    connection.execute(_FOLDERS)
    connection.execute(_VIDEOS, (rows, rows))
    for _, sql in indexes:
        connection.execute(str(sql))
    connection.execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
