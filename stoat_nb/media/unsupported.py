"""What headers do not prove is left to libav: fact by fact where they prove the others."""

from __future__ import annotations

import struct

from stoat_nb.media.codecs.bits import OutOfBits


class UnsupportedLayout(Exception):
    """Something in the file that this reader does not know for sure. The message is the reason."""


#: Whatever goes wrong while headers are read means that they do not prove the facts in question.
NOT_PROVEN = (UnsupportedLayout, OutOfBits, LookupError, ArithmeticError, ValueError, struct.error)


def require(condition: object, reason: str) -> None:
    """Go on only if a condition holds."""
    if not condition:
        raise UnsupportedLayout(reason)


class Unproven(list[str]):
    """Why some facts of a file are left to libav; none of them is stated.

    A block under ``with`` states the facts of one kind. Where it cannot, its reason is kept, and
    the next block goes on.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if error is None or not isinstance(error, NOT_PROVEN):
            return False
        self.append(str(error) or "a strange header")
        return True
