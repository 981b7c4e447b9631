"""What a notebook gets unasked: a job in a cell is live, and leaves its last state behind."""

from __future__ import annotations

import importlib.util
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from stoat_nb.components.job_progress import JobProgress
    from stoat_nb.jobs.job import Job
    from stoat_nb.jobs.state import JobState


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
        publish(data=_lasting(job.state), metadata={})
        return
    from stoat_nb.components import job_progress  # noqa: PLC0415 - loads Panel

    _load_panel()
    progress = job_progress.JobProgress(job)
    place = {"display_id": f"stoat-{job.id}-{id(progress)}"}
    data, metadata = _live(progress)
    publish(data=data, metadata=metadata, transient=place)

    def settle(state: JobState) -> None:
        publish(data=_lasting(state), metadata={}, transient=place, update=True)

    _when_final(job, settle)


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


def _lasting(state: JobState) -> dict[str, Any]:
    from stoat_nb.components.job_text import describe, static_html  # noqa: PLC0415 - as above

    text = describe(state)
    plain = " · ".join(part for part in (text.title, text.label, text.detail) if part)
    return {"text/plain": plain, "text/html": static_html(text)}


def _when_final(job: Job[Any], act: Callable[[JobState], None]) -> None:
    """Call ``act`` once, off the queue's thread, when the job has ended."""

    def wait() -> None:
        state = job.wait()
        if state.is_final:
            act(state)

    threading.Thread(target=wait, name="stoat-cell", daemon=True).start()
