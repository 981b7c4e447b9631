"""Whether what videos are made of has changed since somebody looked; the library itself tells.

Whoever looks leaves a token in it. Whatever changes videos takes all tokens away, in the
transaction that makes the change; rows that another program adds are told by the last number.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import apsw

from stoat_nb.catalog.database import fetch

_TOKEN = re.compile(r"[0-9a-f]{32}")
_LAST = "SELECT coalesce(max(id), 0) FROM videos"


def token_of(connection: apsw.Connection, name: str) -> str | None:
    """Return the token that was left for something; None where videos have changed since."""
    rows = fetch(
        connection,
        f"SELECT token FROM snapshots WHERE name = ? AND last_video_id = ({_LAST})",  # noqa: S608 - of our own words alone
        (name,),
    )
    # It becomes a file's name, and the library may be a stranger's.
    return str(rows[0][0]) if rows and _TOKEN.fullmatch(str(rows[0][0])) else None


def leaving_token(name: str) -> Callable[[apsw.Connection], object]:
    """Return what leaves a new token, to be written."""
    token = secrets.token_hex(16)
    return lambda connection: fetch(
        connection,
        f"INSERT OR REPLACE INTO snapshots VALUES (?, ?, ({_LAST}))",  # noqa: S608 - of our own words alone
        (name, token),
    )
