"""What a notebook gets unasked: what a cell shows is live, and leaves its last state behind."""

from __future__ import annotations

import importlib.util
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from stoat_nb import words
from stoat_nb.errors import StoatError
from stoat_nb.names import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stoat_nb.components.explorer import Explorer
    from stoat_nb.components.job_progress import JobProgress
    from stoat_nb.jobs.job import Job
    from stoat_nb.jobs.state import JobEvent, JobState

#: The components people put into a cell: each needs Panel's scripts, and none should ask for them.
COMPONENTS = {
    "changes": "Changes",
    "failure_list": "FailureList",
    "job_list": "JobList",
    "job_progress": "JobProgress",
    "overview": "Overview",
    "scan_form": "ScanForm",
    "video_detail": "VideoDetail",
}
#: Rows and columns of the table that stays of an explorer.
LASTING_ROWS = 10
LASTING_COLUMNS = [
    *("relative_path", "duration_s", "display_width", "display_height"),
    *("fps", "codec", "audio_codec", "size_bytes", "status"),
]
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
    # By name: a kernel that never shows any of them never loads what that takes.
    formatter, publish = (
        shell.display_formatter.ipython_display_formatter,
        shell.display_pub.publish,
    )
    formatter.for_type_by_name("stoat_nb.jobs.job", "Job", partial(_show, publish))
    rooms = "stoat_nb.components"
    formatter.for_type_by_name(f"{rooms}.explorer", "Explorer", partial(_show_explorer, publish))
    for module, name in COMPONENTS.items():
        formatter.for_type_by_name(f"{rooms}.{module}", name, partial(_show_component, publish))


def _show(publish: Callable[..., object], job: Job[Any]) -> None:
    """Put out a live card, and exchange it for a lasting one when the job has ended."""
    state = _known_state(job)
    if state is None:
        publish(data={"text/plain": repr(job), "text/html": job._repr_html_()}, metadata={})
        return
    if state.is_final or job.closed:
        publish(data=_last_card(job, state), metadata={})
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


def _show_component(publish: Callable[..., object], component: Any) -> None:
    """Put out something live."""
    _load_panel()
    data, metadata = _bundle(component)
    publish(data=data, metadata=metadata)


def _show_explorer(publish: Callable[..., object], explorer: Explorer) -> None:
    """Put out an explorer, and folded up below it what a saved notebook keeps of it."""
    _load_panel()
    data, metadata = _bundle(explorer)
    text, page = _lasting_view(explorer)
    data = {**data, "text/plain": text, "text/html": data.get("text/html", "") + page}
    publish(data=data, metadata=metadata)


def _lasting_view(explorer: Explorer) -> tuple[str, str]:
    frame = explorer.df
    title = f"Explorer: {words.count(len(frame), 'video')}"
    rows = (
        frame[LASTING_COLUMNS]
        .head(LASTING_ROWS)
        .map(lambda fact: shown(fact) if isinstance(fact, str) else fact)
    )
    more = len(frame) - len(rows)
    rest = f"<p>… and {more:,} more: <code>explorer.df</code></p>" if more > 0 else ""
    page = (
        f"<details><summary>{title}, as they were when this was shown</summary>"
        f"{rows.to_html(index=False, na_rep=words.UNKNOWN)}{rest}</details>"
    )
    return title, page


def _load_panel() -> None:
    import panel as pn  # noqa: PLC0415 - a second and more, paid by whoever shows a job

    if not pn.extension._loaded:  # noqa: SLF001 - nothing public tells
        # Inline, so that it works offline and beside a Jupyter server that has no Panel.
        pn.extension(inline=True)


def _bundle(component: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    bundle = component._repr_mimebundle_()
    return bundle if isinstance(bundle, tuple) else (bundle or {}, {})


def _live(progress: JobProgress) -> tuple[dict[str, Any], dict[str, Any]]:
    data, metadata = _bundle(progress)
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


def _known_state(job: Job[Any]) -> JobState | None:
    try:
        return job.state
    except StoatError:  # its library is closed, or in another process
        return None


def _last_state(job: Job[Any]) -> JobState | None:
    """Wait for the job's end; None if its library is closed first."""
    try:
        return job.wait()
    except StoatError:
        return None
