"""What a notebook gets unasked: a job in a cell is live, and leaves its last state behind."""

from __future__ import annotations

import importlib.util
import threading
from typing import TYPE_CHECKING, Any

from stoat_nb.errors import StoatError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stoat_nb.components.job_progress import JobProgress
    from stoat_nb.jobs.job import Job
    from stoat_nb.jobs.state import JobEvent, JobState

#: What the card says of a job that has not ended when its library is closed.
GOES_ON = "The library was closed here. The job goes on when it is opened again."


def register(shell: Any) -> None:
    """Teach an IPython kernel to show jobs live; do nothing where there is no kernel or no Panel.

    Parameters
    ----------
    shell
        The running ``InteractiveShell``.
    """
    if not hasattr(shell, "kernel") or importlib.util.find_spec("panel") is None:
        return
    # By name: a kernel that never shows a job never loads what that takes.
    shell.display_formatter.ipython_display_formatter.for_type_by_name(
        "stoat_nb.jobs.job", "Job", lambda job: _show(shell.display_pub.publish, job)
    )


def _show(publish: Callable[..., object], job: Job[Any]) -> None:
    """Put out a live card, and exchange it for a lasting one when the job has ended."""
    if job.state.is_final:
        publish(data=_last_card(job, job.state), metadata={})
        return
    from stoat_nb.components import job_progress  # noqa: PLC0415 - loads Panel

    _load_panel()
    progress = job_progress.JobProgress(job)
    place = {"display_id": f"stoat-{job.id}-{id(progress)}"}
    data, metadata = _live(progress)
    publish(data=data, metadata=metadata, transient=place)

    def settle() -> None:
        state = _last_state(job) or progress.state
        if state is not None:
            publish(data=_last_card(job, state), metadata={}, transient=place, update=True)

    threading.Thread(target=settle, name="stoat-cell", daemon=True).start()


def _load_panel() -> None:
    import panel as pn  # noqa: PLC0415 - a second and more, paid by whoever shows a job

    if not pn.extension._loaded:  # noqa: SLF001 - nothing public tells
        # Inline, so that it works offline and beside a Jupyter server that has no Panel.
        pn.extension(inline=True)


def _live(progress: JobProgress) -> tuple[dict[str, Any], dict[str, Any]]:
    shown = progress._repr_mimebundle_()
    data, metadata = shown if isinstance(shown, tuple) else (shown or {}, {})
    last = _lasting(progress.job.state)
    html = data.get("text/html")
    if html is not None:
        # Whoever opens the notebook later, or shows it elsewhere, sees the state it was saved in;
        # the live card takes this one away.
        last["text/html"] += html
    return {**data, **last}, metadata


def _lasting(state: JobState, log: Sequence[JobEvent] = (), note: str = "") -> dict[str, Any]:
    from stoat_nb.components.job_log import log_lines  # noqa: PLC0415 - as above
    from stoat_nb.components.job_text import describe, static_html  # noqa: PLC0415 - as above

    text = describe(state)
    plain = " · ".join(part for part in (text.title, text.label, text.detail) if part)
    page = static_html(text, log_lines(state.job_id, log), note)
    return {"text/plain": plain, "text/html": page}


def _last_card(job: Job[Any], state: JobState) -> dict[str, Any]:
    """Return the card that stays, with the job's log; one that goes on elsewhere says so."""
    if not state.is_final:
        return _lasting(state, note=GOES_ON)
    try:
        return _lasting(state, job.log())
    except StoatError:  # the library was closed just now: the card is more than its log
        return _lasting(state)


def _last_state(job: Job[Any]) -> JobState | None:
    """Wait for the job's end; None if its library is closed first."""
    try:
        return job.wait()
    except StoatError:
        return None
