"""Ports for servers that are told theirs, and take them only seconds later."""

from __future__ import annotations

import itertools
import os
import socket
from contextlib import suppress

#: Below those that the system hands out by itself, or it may give one to anybody meanwhile; apart
#: from those of other processes that run tests.
_PORTS = itertools.count(16_000 + os.getpid() % 1_000 * 16)


def free_port() -> int:
    for port in _PORTS:
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            break
    return port
