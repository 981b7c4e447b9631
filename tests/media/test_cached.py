"""What is kept of answers, and that it stays little."""

from __future__ import annotations

from stoat_nb.media.cached import cached


def test_the_same_bytes_are_worked_out_once() -> None:
    asked: list[bytes] = []

    @cached
    def length(raw: bytes) -> int:
        asked.append(raw)
        return len(raw)

    assert [length(b"one"), length(b"three"), length(b"one")] == [3, 5, 3]
    assert asked == [b"one", b"three"]


def test_what_else_is_asked_belongs_to_the_question() -> None:
    @cached
    def times(raw: bytes, number: int) -> int:
        return len(raw) * number

    assert [times(b"one", 2), times(b"one", 3)] == [6, 9]


def test_long_bytes_are_never_kept() -> None:
    asked = []

    @cached
    def length(raw: bytes) -> int:
        asked.append(len(raw))
        return len(raw)

    assert [length(bytes(1 << 20)) for _ in range(3)] == [1 << 20] * 3
    assert len(asked) == 3


def test_many_different_bytes_push_one_another_out() -> None:
    asked = []

    @cached
    def length(raw: bytes) -> int:
        asked.append(raw)
        return len(raw)

    for number in range(10_000):
        length(number.to_bytes(4, "big"))
    length((0).to_bytes(4, "big"))
    assert len(asked) == 10_001
