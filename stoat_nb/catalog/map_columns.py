"""The columns of ``analyses`` and ``map_failures``: what was run over videos."""

from __future__ import annotations

from stoat_nb.catalog.column import PATH, VIDEO_ID, Column, columns_of, moment

ANALYSES = (
    *columns_of(
        "a",
        "catalog",
        ("name", "string", "What it is called."),
        ("version", "string", "Of its function; another one has all videos done again."),
    ),
    Column(
        "columns",
        "list<string>",
        "The columns of a video.",
        basis="catalog",
        sql="(SELECT json_group_array(key) FROM json_each(a.columns))",
    ),
    Column(
        "row_columns",
        "list<string>",
        "The columns of its rows, several per video.",
        basis="catalog",
        sql="(SELECT json_group_array(key) FROM json_each(a.row_columns))",
    ),
    *(
        Column(name, "Int64", doc, basis="catalog", sql=f"coalesce(c.{name}, 0)")
        for name, doc in (
            ("n_fresh", "Videos whose answer is of this version and of the file as it is."),
            ("n_stale", "Videos whose answer is of another version, or of the file before."),
            ("n_failed", "Videos without an answer; `map_failures` says why."),
        )
    ),
    Column("elapsed_s", "Float64", "Time its answers took, all together.", "s", "catalog", "c.s"),
    moment("made_at", "When it was first asked for.", basis="catalog", sql="a.made_at"),
    *columns_of("a", "catalog", ("source", "string", "The newest code of its function.")),
)
ANALYSES_FROM = (
    "analyses a LEFT JOIN (SELECT r.analysis_id, sum(r.elapsed_s) AS s, "
    "count(r.error) AS n_failed, sum(r.error IS NULL AND r.f) AS n_fresh, "
    "sum(r.error IS NULL AND NOT r.f) AS n_stale FROM (SELECT r.*, r.version = a.version AND "
    "r.size_bytes = v.size_bytes AND r.mtime_ns = v.mtime_ns AS f FROM results r "
    "JOIN analyses a ON a.id = r.analysis_id JOIN videos v ON v.id = r.video_id) r "
    "GROUP BY r.analysis_id) c ON c.analysis_id = a.id"
)
MAP_FAILURES = (
    Column("analysis", "string", "The analysis.", basis="catalog", sql="a.name"),
    VIDEO_ID,
    PATH,
    *columns_of(
        "r",
        "catalog",
        (
            "error_class",
            "category",
            "error, type (its column cannot hold it), crash, deadline, memory, vanished, changed.",
        ),
        ("error_type", "string", "The class of what the function raised."),
        ("error", "string", "Why there is no answer."),
        ("error_line", "string", "The line that raised it."),
        ("version", "string", "Of the analysis."),
    ),
    moment("at", "When it was tried.", basis="catalog", sql="r.at"),
)
MAP_FAILURES_FROM = (
    "results r JOIN analyses a ON a.id = r.analysis_id AND r.error IS NOT NULL "
    "JOIN videos v ON v.id = r.video_id"
)
