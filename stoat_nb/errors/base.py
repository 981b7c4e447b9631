"""What all refusals have in common."""

from __future__ import annotations


class StoatError(Exception):
    """Something Stoat was asked for and could not do."""

    #: A stable word for programs; REST answers carry it as ``detail.code``.
    code = "STOAT_ERROR"
    #: Seconds after which it may go well; None: not by waiting.
    retry_after_s: int | None = None
