from __future__ import annotations

from stoat_nb.components.job_log import ENTRIES_AT_MOST, log_lines
from stoat_nb.jobs.state import JobEvent, Level


def test_a_traceback_keeps_its_lines_and_loses_what_could_disturb_a_page() -> None:
    event = JobEvent(at=0.0, text="Traceback:\n  evil\u202egpj\x1b[31m", level=Level.ERROR)

    (line,) = log_lines("1f", [event])

    assert line.text == "Traceback:\n  evil\\u202egpj\\x1b[31m"
    assert (line.level, line.label) == ("error", "Error: ")


def test_a_long_log_shows_its_newest_entries_and_says_where_the_others_are() -> None:
    events = [JobEvent(at=float(n), text=f"line {n}") for n in range(ENTRIES_AT_MOST + 3)]

    lines = log_lines("1f2e3d4c-5b6a", events)

    assert len(lines) == ENTRIES_AT_MOST + 1
    assert lines[0].text == "3 earlier entries not shown here: stoat logs 1f2e3d4c"
    assert lines[1].text == "line 3"
    assert lines[-1].text == f"line {ENTRIES_AT_MOST + 2}"
