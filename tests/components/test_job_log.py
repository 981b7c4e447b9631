from __future__ import annotations

from stoat_nb.components.job_log import FIRST, LAST, log_lines
from stoat_nb.jobs.state import JobEvent, Level


def test_a_traceback_keeps_its_lines_and_loses_what_could_disturb_a_page() -> None:
    event = JobEvent(at=0.0, text="Traceback:\n  evil\u202egpj\x1b[31m", level=Level.ERROR)

    (line,) = log_lines("1f", [event])

    assert line.text == "Traceback:\n  evil\\u202egpj\\x1b[31m"
    assert (line.level, line.label) == ("error", "Error: ")


def test_a_long_log_shows_how_each_attempt_began_and_ended_and_where_the_rest_is() -> None:
    first, second = FIRST + LAST + 3, FIRST + LAST
    events = [JobEvent(at=float(n), attempt=1, text=f"line {n}") for n in range(first)]
    events += [JobEvent(at=1e6 + n, attempt=2, text=f"again {n}") for n in range(second)]

    texts = [line.text for line in log_lines("1f2e3d4c-5b6a", events)]

    assert texts[: FIRST + 2] == [
        *(f"line {n}" for n in range(FIRST)),
        "3 entries not shown here: stoat logs 1f2e3d4c",
        f"line {FIRST + 3}",
    ]
    assert texts[FIRST + 1 + LAST :] == [f"again {n}" for n in range(second)]
