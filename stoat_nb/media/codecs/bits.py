"""Bits in the order that video standards write them."""

from __future__ import annotations

_LONGEST = 1 << 16  # bytes: no header is near that


class OutOfBits(Exception):
    """The header ends in the middle of a value, or holds one that cannot be."""


class Bits:
    """A header as a row of bits, read from the front."""

    __slots__ = ("_left", "_value")

    def __init__(self, data: bytes) -> None:
        kept = data[:_LONGEST]
        self._value = int.from_bytes(kept, "big")
        self._left = 8 * len(kept)

    def u(self, count: int) -> int:
        """Read an unsigned number of so many bits."""
        self._left -= count
        if self._left < 0:
            raise OutOfBits
        return self._value >> self._left & ((1 << count) - 1)

    def flag(self) -> bool:
        """Read one bit."""
        return self.u(1) == 1

    def skip(self, count: int) -> None:
        """Step over so many bits."""
        self.u(count)

    def ue(self) -> int:
        """Read an unsigned Exp-Golomb number (ITU-T H.264, clause 9.1)."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 32:  # noqa: PLR2004 - the largest there is
                raise OutOfBits
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """Read a signed Exp-Golomb number."""
        number = self.ue()
        return (number + 1) // 2 if number % 2 else -(number // 2)


def unescaped(unit: bytes) -> bytes:
    """Remove the bytes that keep a start code from appearing inside a unit."""
    return unit.replace(b"\0\0\x03", b"\0\0")
