"""What do viewers of a running scan cost it? Files a second with twenty open pages, and with none.

For each measurement a new process serves the dashboard and scans a folder of small real clips into
a new library, with and without viewers in turn. The viewers are sessions as a browser opens them,
down to the websocket, which they read to its end; they live in another process, so that what a
browser costs is not counted. A scan is only timed once every page has loaded and said all it has
to say.

Run it with ``python -m benchmarks.viewers [--files 2000] [--viewers 20] [--rounds 5]``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import panel as pn
from tornado.websocket import WebSocketClientConnection, websocket_connect

from benchmarks.responsiveness import copies_of
from stoat_nb import Library
from stoat_nb.dashboard import create_dashboard
from stoat_nb.media.demo_clips import make_samples
from stoat_nb.settings import Settings


class Audience:
    """A process that looks at a page in as many sessions as it is told."""

    def __init__(self, url: str, viewers: int) -> None:
        command = [sys.executable, "-m", "benchmarks.viewers", "--look-at", url]
        self._process = subprocess.Popen(
            [*command, "--viewers", str(viewers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "all are there\n"

    def leave(self) -> int:
        """Return how many messages they were sent, all of them together."""
        said, _ = self._process.communicate("leave\n")
        return int(said)


async def look_at(url: str, viewers: int) -> None:
    """Open the sessions and read what comes until somebody says to leave."""
    sockets = [await opened(url) for _ in range(viewers)]
    seen = [0]

    async def read(socket: WebSocketClientConnection) -> None:
        while await socket.read_message() is not None:
            seen[0] += 1

    readers = [asyncio.create_task(read(one)) for one in sockets]
    before = -1
    while before != seen[0]:
        before = seen[0]
        await asyncio.sleep(QUIET_S)
    seen[0] = 0
    print("all are there", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for one in sockets:
        one.close()
    await asyncio.gather(*readers)
    print(seen[0], flush=True)


#: Seconds without a message after which pages have said what they read when they opened.
QUIET_S = 3.0


async def opened(url: str) -> WebSocketClientConnection:
    """Open a session as a browser does: the page, its websocket, and the document it asks for."""
    page = await asyncio.to_thread(lambda: urlopen(url, timeout=60).read().decode())  # noqa: S310 - our own address
    token = re.search(r'"token":"([^"]+)"', page)
    assert token is not None
    connection = await websocket_connect(
        f"{url.replace('http', 'ws', 1)}/ws",
        subprotocols=["bokeh", token[1]],
        max_message_size=1 << 30,
    )
    assert await connection.read_message() is not None
    for number, (kind, content) in enumerate(_GREETINGS):
        header = {"msgid": str(number), "msgtype": kind}
        for fragment in (header, {}, content):
            await connection.write_message(json.dumps(fragment))
    return connection


#: What a browser says: it asks for what the page shows, and tells when it is drawn.
_DRAWN = {"type": "event", "name": "document_ready", "values": {"type": "map"}}
_GREETINGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("PULL-DOC-REQ", {}),
    (
        "PATCH-DOC",
        {"events": [{"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": _DRAWN}]},
    ),
)


def measured(folder: Path, viewers: int) -> tuple[float, float, int]:
    """Have a new process scan; return files a second, its processor seconds, and messages."""
    command = [sys.executable, "-m", "benchmarks.viewers", "--scan", str(folder)]
    said = subprocess.run(
        [*command, "--viewers", str(viewers)], check=True, stdout=subprocess.PIPE, text=True
    )
    rate, spent, n_messages = json.loads(said.stdout)
    return rate, spent, n_messages


def one_scan(folder: Path, scratch: Path, port: int, viewers: int) -> tuple[float, float, int]:
    """Scan into a new library that is being looked at: files a second, processor s, messages."""
    path = scratch / "library.db"
    with Library(path, settings=Settings()) as library:
        library.scan(folder / "000").result()  # readers are up, and the page has what to show
        server = pn.serve(
            {"/page": lambda: create_dashboard(library)},
            port=port,
            threaded=True,
            show=False,
            verbose=False,
        )
        try:
            until_it_answers(port)
            audience = Audience(f"http://localhost:{port}/page", viewers) if viewers else None
            before = processor_s()
            report = library.scan(folder).result()
            spent = processor_s() - before
            n_messages = audience.leave() if audience else 0
        finally:
            server.stop()
    return report.scanned / report.elapsed_s, spent, n_messages


def processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def until_it_answers(port: int) -> None:
    while True:
        with suppress(OSError), socket.create_connection(("localhost", port), timeout=60):
            return


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return int(one.getsockname()[1])


def be_quiet() -> None:
    """Leave out what servers say of pages that come and go."""
    for name in ("asyncio", "tornado", "bokeh", "panel"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def compare(files: int, viewers: int, rounds: int) -> None:
    found: dict[int, list[tuple[float, float, int]]] = {0: [], viewers: []}
    with tempfile.TemporaryDirectory() as base:
        clips = [path for path in make_samples(Path(base) / "clips") if path.stat().st_size]
        folder = Path(base) / "videos"
        folder.mkdir()
        copies_of(clips, folder, files)
        for number in range(rounds):
            # In turn, and each of the two first as often as the other.
            for some in [*found][:: 1 if number % 2 else -1]:
                found[some].append(measured(folder, some))
                rate, spent, n_messages = found[some][-1]
                print(
                    f"  {some:3} viewers: {rate:6,.0f} files/s, {spent:5.1f} s of this process, "
                    f"{n_messages:,} messages",
                    flush=True,
                )
    ratios = [with_[0] / without[0] for without, with_ in zip(*found.values(), strict=True)]
    print(
        f"{viewers} viewers: {100 * statistics.median(ratios):.0f} % of the files a second of none "
        f"(median of {rounds}; {100 * min(ratios):.0f} to {100 * max(ratios):.0f} %)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--look-at", help=argparse.SUPPRESS)
    parser.add_argument("--scan", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.look_at:
        asyncio.run(look_at(arguments.look_at, arguments.viewers))
    elif arguments.scan:
        be_quiet()
        with tempfile.TemporaryDirectory() as scratch:
            print(
                json.dumps(one_scan(arguments.scan, Path(scratch), free_port(), arguments.viewers))
            )
    else:
        compare(arguments.files, arguments.viewers, arguments.rounds)


if __name__ == "__main__":
    main()
