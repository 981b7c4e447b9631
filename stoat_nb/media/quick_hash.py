"""What tells one file from another wherever it lies, without reading it all."""

from __future__ import annotations

import hashlib
import os

#: Bytes taken from either end. A film's first frames are among them and so is an index at its end,
#: where two recordings of one camera, of the very same length, still differ.
END_BYTES = 16384

_DIGEST_BYTES = 16


def quick_hash(fd: int, size: int) -> str:
    """Return 32 hexadecimal digits: BLAKE2b of an open file's size and of its two ends.

    The size comes first, as eight bytes, the most significant first. A file of up to twice
    ``END_BYTES`` is taken whole. What is between the ends does not count: the hash tells files
    apart and finds them again, it does not prove that two files are the same.
    """
    digest = hashlib.blake2b(size.to_bytes(8, "big"), digest_size=_DIGEST_BYTES)
    if size <= 2 * END_BYTES:
        digest.update(os.pread(fd, size, 0))
    else:
        digest.update(os.pread(fd, END_BYTES, 0))
        digest.update(os.pread(fd, END_BYTES, size - END_BYTES))
    return digest.hexdigest()
