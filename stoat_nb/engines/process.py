"""One worker process as its parent sees it: asked one thing at a time, and never believed.

The child reads untrusted files in C code. What it sends back is data: anything but the one expected
line of JSON, under the id that this question was given, ends the child.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from stoat_nb.engines.reference import Reference

_PROGRAM = str(Path(__file__).with_name("worker.py"))
_LONGEST_ANSWER = 16 << 20
_LONG_ANSWER = 256 << 10  # parsing more than this is felt on a loop
_GRACE_S = 0.05


class WorkerError(Exception):
    """A worker that cannot be used any more; ``reached``: the question may have been worked on."""

    def __init__(self, message: str, *, reached: bool = True) -> None:
        super().__init__(message)
        self.reached = reached


class WorkerProcess(asyncio.SubprocessProtocol):
    """A child with a private pipe each way; made by ``start``."""

    def __init__(self) -> None:
        self.served = 0  #: Items answered.
        self.loaded: set[str] = set()  #: Names of the functions it has imported.
        self.resident_bytes = 0  #: Its memory after the last answer, by its own account.
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._doomed = False
        self._reason = ""
        self._heard = bytearray()
        self._answer: asyncio.Future[bytes | None] | None = None
        self._transport: asyncio.SubprocessTransport

    @classmethod
    async def start(cls, memory_bytes: int | None) -> WorkerProcess:
        """Start a child, on the loop's own thread: the kernel ties its life to that thread."""
        loop = asyncio.get_running_loop()
        arguments = (str(os.getpid()), str(memory_bytes or 0))
        _transport, worker = await loop.subprocess_exec(
            cls,
            sys.executable,
            "-I",
            _PROGRAM,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        return worker

    @property
    def is_usable(self) -> bool:
        """Whether it can be asked."""
        return not self._doomed

    async def load(self, reference: Reference, *, within_s: float) -> None:
        """Have it import a function."""
        question = {"load": reference.name, "path": reference.import_path}
        answer = await self._ask(question, within_s)
        if "error" in answer:
            raise WorkerError(f"could not load {reference.name}: {answer['error']}")
        self.loaded.add(reference.name)

    async def call(self, name: str, item: Mapping[str, Any], *, within_s: float) -> dict[str, Any]:
        """Have it run a loaded function; the answer holds ``value``, or ``error`` if it raised."""
        answer = await self._ask({"call": name, "item": item}, within_s)
        self.served += 1
        self.resident_bytes = answer["rss"]
        return answer

    def kill(self) -> None:
        """End it and whatever it has started, now; ``gone`` is done when it is."""
        self._doomed = True
        if not self.gone.done():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._transport.get_pid(), signal.SIGKILL)

    async def _ask(self, question: Mapping[str, Any], within_s: float) -> dict[str, Any]:
        token = os.urandom(8).hex()
        self._answer = asyncio.get_running_loop().create_future()
        self._send({"id": token, **question})
        line = await self._hear(self._answer, within_s)
        self._answer = None
        try:
            if len(line) > _LONG_ANSWER:
                return await asyncio.to_thread(_parsed, line, token)
            return _parsed(line, token)
        except (ValueError, RecursionError):
            self._distrust("sent something that is no answer to what it was asked")
            raise WorkerError(self._reason) from None

    def _send(self, message: Mapping[str, Any]) -> None:
        stdin = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))
        if not self._doomed:
            stdin.write(json.dumps(message).encode("ascii") + b"\n")
        if self._doomed or stdin.is_closing():  # a failed write closes it at once
            self.kill()
            raise WorkerError("ended before it was asked", reached=False)

    async def _hear(self, answer: asyncio.Future[bytes | None], within_s: float) -> bytes:
        await asyncio.wait({answer}, timeout=within_s)
        if not answer.done():
            # If this process itself stood still (Ctrl-Z), the answer lies in the pipe, unread.
            await asyncio.wait({answer}, timeout=_GRACE_S)
        if not answer.done():
            raise TimeoutError
        line = answer.result()
        if line is None:
            raise WorkerError(self._reason)
        return line

    # -- what the loop tells --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 - there is only fd 1
        """Gather one line; everything beyond it is an offence."""
        if self._doomed:
            return
        if self._answer is None or self._answer.done():
            self._distrust("wrote without being asked")
            return
        self._heard += data
        end = data.find(b"\n")
        if len(self._heard) > _LONGEST_ANSWER:
            self._distrust(f"answered with more than {_LONGEST_ANSWER >> 20} MiB")
        elif end == len(data) - 1:
            self._answer.set_result(bytes(self._heard))
            self._heard.clear()
        elif end >= 0:
            self._distrust("answered more than once")

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """It is dying, or closed its pipes and is of no more use."""
        self.kill()

    def process_exited(self) -> None:
        """Take what it left behind with it, or its pipes would stay open."""
        self.kill()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Nothing of it is left: no process, no descriptor."""
        self._doomed = True
        self._transport.close()
        self._reason = self._reason or _ending(self._transport.get_returncode())
        self._give_up()
        self.gone.set_result(None)

    def _distrust(self, reason: str) -> None:
        self._reason = reason
        self.kill()
        self._give_up()

    def _give_up(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)


def _parsed(line: bytes, token: str) -> dict[str, Any]:
    answer = _read(line)
    if (
        not isinstance(answer, dict)
        or answer.get("id") != token
        or not isinstance(answer.get("rss"), int)
        or ("value" in answer) == isinstance(answer.get("error"), str)
    ):
        raise ValueError("not an answer")
    return answer


def _read(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Half a character of UTF-16, as names may hold, is none to it, nor is a number too large
        # for a float: such JSON is rare, and read by what wrote it.
        return json.loads(line, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _ending(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        try:
            return f"was killed by {signal.Signals(-returncode).name}"
        except ValueError:
            return f"was killed by signal {-returncode}"
    return f"ended with exit code {returncode}"
