"""Job ids: UUIDs that grow with time, so that the newest lie together wherever they are kept."""

from __future__ import annotations

import os

_VERSION, _VARIANT = 0x7 << 76, 0b10 << 62
_RANDOM_A, _RANDOM_B = 0xFFF << 64, (1 << 62) - 1


def new_job_id(now: float) -> str:
    """Return a new id: a UUID of version 7 (RFC 9562, section 5.7) of that time.

    Examples
    --------
    >>> import uuid
    >>> uuid.UUID(new_job_id(1_700_000_000.0)).version
    7
    """
    noise = int.from_bytes(os.urandom(10), "big")
    value = (int(now * 1000) & ((1 << 48) - 1)) << 80 | _VERSION | _VARIANT
    text = f"{value | (noise & (_RANDOM_A | _RANDOM_B)):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
