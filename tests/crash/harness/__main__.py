"""Kill real processes, cut simulated power, flood one library; print what became of the jobs.

``scripts/crash [--kills 200] [--cuts 200] [--every 3] [--jobs 10000] [--minutes 1] [--seed N]``: 0
leaves a part out. Without a seed a new one is drawn, and printed, so that a run that found
something can be had again. The kills come at moments that no seed fixes entirely: the machine has
its own.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from harness.chaos import ChaosReport, chaos
from harness.flood import FloodReport, flood
from harness.opening import die_while_opened, older
from harness.points import PointsReport, die_everywhere
from harness.power import CutReport, cut_power
from harness.storm import StormReport, storm
from stoat_nb.catalog.migrations import steps


def main() -> int:
    """Do all of it; 1 if any promise was broken."""
    parser = argparse.ArgumentParser(prog="scripts/crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="processes to kill")
    parser.add_argument("--stops", type=int, help="to stop for a while; one for each 40 kills")
    parser.add_argument("--cuts", type=int, default=200, help="simulated power cuts")
    parser.add_argument("--every", type=int, default=3, help="die before each n-th statement")
    parser.add_argument("--jobs", type=int, default=10_000, help="jobs submitted at once")
    parser.add_argument("--minutes", type=float, default=1, help="of chaos on files that move")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        broken = _all_of(asked, Path(scratch))
    for breach in broken:
        print(f"BROKEN: {breach}")
    return 1 if broken else 0


def _all_of(asked: argparse.Namespace, base: Path) -> list[str]:
    for name in ("full", "normal", "opening", "points", "storm", "flood", "chaos"):
        (base / name).mkdir()
    broken, seed = [], asked.seed
    if asked.cuts:
        cut = cut_power(base / "full", cuts=asked.cuts, seed=seed)
        control = cut_power(base / "normal", cuts=asked.cuts, seed=seed, synchronous="NORMAL")
        broken += tell_cuts(cut, control)
        broken += tell_opening(base / "opening", seed)
    if asked.every:
        broken += tell_points(die_everywhere(base / "points", every=asked.every))
    if asked.kills:
        stops = asked.kills // 40 if asked.stops is None else asked.stops
        broken += tell_storm(storm(base / "storm", kills=asked.kills, seed=seed, stops=stops))
    if asked.jobs:
        broken += tell_flood(flood(base / "flood", jobs=asked.jobs))
    if asked.minutes:
        broken += tell_chaos(chaos(base / "chaos", minutes=asked.minutes, seed=seed), asked.minutes)
    return broken


def tell(heading: str, facts: Iterable[tuple[str, object]]) -> None:
    print(heading)
    for name, value in facts:
        print(f"  {name:<44} {value}", flush=True)


def tell_cuts(report: CutReport, control: CutReport) -> list[str]:
    """Print what the cuts found; return what is broken."""
    tell(
        "Power cuts, simulated",
        (
            ("cuts", report.cuts),
            ("jobs promised before them, added up", f"{report.promised:,}"),
            ("jobs lost", report.lost),
            ("integrity", "ok" if not report.broken else f"{len(report.broken)} damaged"),
            ("control (synchronous=NORMAL): jobs lost", control.lost),
            ("control: cuts that lost jobs", control.cuts_with_loss),
        ),
    )
    broken = list(report.broken)
    if report.lost:
        broken.append(f"{report.lost} jobs were lost by {report.cuts_with_loss} power cuts")
    if not control.lost:
        broken.append("the control lost nothing, so these cuts prove nothing: ask for more of them")
    return broken


def tell_opening(folder: Path, seed: int) -> list[str]:
    """Die at each event of making and of migrating a library, print it; return what is broken."""
    starts = {
        version: older(folder / f"{version}.db", version) for version in range(1, len(steps()))
    }
    reports = [
        die_while_opened(folder / str(version), seed=seed, start=start, cuts=5)
        for version, start in {0: None, **starts}.items()
    ]
    tell(
        "Deaths at each event of making and of migrating a library",
        (
            ("kills and cuts", sum(report.cuts for report in reports)),
            ("jobs lost", sum(report.lost for report in reports)),
            ("libraries damaged", sum(len(report.broken) for report in reports)),
        ),
    )
    lost = [f"an opening lost {report.lost} jobs" for report in reports if report.lost]
    return lost + [line for report in reports for line in report.broken]


def tell_points(report: PointsReport) -> list[str]:
    """Print what dying before one statement after the other left; return what is broken."""
    tell(
        "Deaths before a statement, each followed by another process",
        (
            ("statements that one life takes", report.statements),
            ("deaths", report.deaths),
            ("jobs submitted", report.submitted),
            ("promises broken", len(report.breaches)),
        ),
    )
    return report.breaches


def tell_storm(report: StormReport) -> list[str]:
    """Print what the storm left; return what is broken."""
    tell(
        "Kill -9, two processes on one library",
        (
            ("kills", report.kills),
            ("stops longer than a lease", report.stops),
            ("jobs submitted", f"{report.submitted:,}"),
            ("jobs lost", report.lost),
            ("jobs run twice to completion", report.twice),
            ("ends", ", ".join(f"{n} {status}" for status, n in sorted(report.ended.items()))),
            ("handlers at their last line again (allowed)", report.last_lines_again),
            ("processes left behind", report.orphans),
            ("integrity", "ok" if not report.damaged else f"{len(report.damaged)} times damaged"),
        ),
    )
    broken = [*sorted(report.breaches), *report.damaged]
    if report.orphans:
        broken.append(f"{report.orphans} processes outlived the one that started them")
    if not report.drained or not all(word.startswith("drained") for word in report.drained):
        broken.append(f"the last two processes did not come to an end: {report.drained}")
    return broken


def tell_flood(report: FloodReport) -> list[str]:
    """Print what the flood left; return what is broken."""
    tell(
        f"{report.submitted:,} jobs from {len(report.by_process)} processes at once",
        (
            ("jobs lost", report.lost),
            ("jobs that did not end", report.unfinished),
            ("jobs run twice", report.twice),
            ("run by each process", ", ".join(f"{n:,}" for n in report.by_process)),
            ("seconds", f"{report.elapsed_s:.1f}"),
            ("integrity", report.integrity),
        ),
    )
    bad = report.lost or report.unfinished or report.twice or report.integrity != "ok"
    return ["the flood lost or repeated jobs"] if bad else []


def tell_chaos(report: ChaosReport, minutes: float) -> list[str]:
    """Print what the chaos left; return what is broken."""
    tell(
        f"{minutes:g} minutes of two processes that scan overlapping folders while files move",
        (
            ("kills", report.kills),
            ("stops", report.stops),
            ("files moved, taken away or brought back", report.moves),
            ("deeds", ", ".join(f"{n:,} {name}" for name, n in sorted(report.deeds.items()))),
            ("jobs submitted", f"{report.submitted:,}"),
            ("ends", ", ".join(f"{n:,} {status}" for status, n in sorted(report.ended.items()))),
            ("promises broken", len(report.breaches)),
        ),
    )
    return report.breaches


if __name__ == "__main__":
    sys.exit(main())
