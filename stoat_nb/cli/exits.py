"""What the command line's exit codes mean; scripts rely on them."""

from __future__ import annotations

DONE = 0  #: What was asked for is done.
NOT_DONE = 1  #: The job failed or timed out, or could not be stopped in time.
BAD_INPUT = 2  #: Something in the request was wrong; nothing was done.
FILES_FAILED = 3  #: Done, but files could not be read and --fail-on-errors was given.
NOT_WRITTEN = 4  #: Done, but standard output is closed, full or broken: its text is incomplete.
CANCELLED = 130  #: Interrupted or cancelled; what was finished is kept.
READER_LEFT = 141  #: Done, but who read standard output left early (``| head``).
