"""What one leg of the benchmark measured, and the table that all legs make."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Jobs that run at once: in the floor and in ours.
WORKERS = 8
#: Coroutines that submit, each awaiting one submit before the next.
SUBMITTERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One leg, once. None where the leg has no such thing."""

    submits: float  #: A second; each is acknowledged before the next of the same submitter.
    p50_s: float
    p99_s: float
    jobs: float  #: No-op jobs a second from the first submit to the last end.
    claims: float | None = None  #: A second.


def run_of(
    latencies: Sequence[float], *, submitting_s: float, all_s: float, claims: float | None = None
) -> Run:
    ordered = sorted(latencies)
    return Run(
        submits=len(ordered) / submitting_s,
        p50_s=ordered[len(ordered) // 2],
        p99_s=ordered[int(0.99 * (len(ordered) - 1))],
        jobs=len(ordered) / all_s,
        claims=claims,
    )


def median_of(runs: Sequence[Run]) -> Run:
    """Return the median of each figure by itself."""

    def middle(values: Iterable[float | None]) -> float:
        return statistics.median(value for value in values if value is not None)

    return Run(
        submits=middle(run.submits for run in runs),
        p50_s=middle(run.p50_s for run in runs),
        p99_s=middle(run.p99_s for run in runs),
        jobs=middle(run.jobs for run in runs),
        claims=None if runs[0].claims is None else middle(run.claims for run in runs),
    )


#: "Of" is: of what each floor does a second, in the order in which they were measured.
HEADINGS = (
    "| | no-op jobs/s | of | durable submits/s | of | submit p50 | p99 | claims/s |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
)


def line_of(name: str, run: Run, floors: Sequence[Run], *, is_durable: bool) -> str:
    return (
        f"| {name} | {run.jobs:,.0f} | {_of(run.jobs, floors)} | "
        + (f"{run.submits:,.0f} | {_of(run.submits, floors)}" if is_durable else "not durable |")
        + f" | {run.p50_s * 1e6:,.1f} us | {run.p99_s * 1e6:,.1f} us | "
        f"{'' if run.claims is None else f'{run.claims:,.0f}'} |"
    )


def _of(per_second: float, floors: Sequence[Run]) -> str:
    return ", ".join(f"{per_second / floor.jobs:.4f}" for floor in floors)
