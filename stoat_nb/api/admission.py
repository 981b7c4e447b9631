"""The rule for every door: who may reach a server of Stoat's, judged by one request's head.

It knows no server. ``guard`` asks it for ASGI applications, ``panel_server`` for Panel's own
servers, and ``create_dashboard`` for a page that somebody serves in any other way.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Collection, Iterable, Mapping, MutableMapping
from itertools import pairwise
from typing import Any

from msgspec import Struct

Scope = MutableMapping[str, Any]
Header = tuple[bytes, bytes]

#: Where REST answers, below whatever prefix the server has.
PREFIX = "/api/v1"

#: The names this machine may be called by; a name that merely resolves to it is refused.
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")

#: Bytes a request's body may have. The largest that is ever needed is one path, escaped.
MAX_BODY = 1 << 16

_ONCE = frozenset({b"host", b"origin", b"content-length", b"sec-fetch-site"})
#: What a proxy adds: the client at the other end of the connection is not the one that asks.
_FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})
_WEB_PORTS = {"http": 80, "https": 443}
_OWN_SITES = frozenset({b"same-origin", b"none"})


class Denial(Struct, frozen=True):
    """Why a request goes no further."""

    status: int
    code: str
    message: str


FOREIGN_CLIENT = Denial(403, "FOREIGN_CLIENT", "Only this machine may talk to this server.")
PROXIED = Denial(
    403,
    "FOREIGN_CLIENT",
    "This request came through a proxy. Name the proxy's own host in STOAT_ALLOW_HOSTS.",
)
FOREIGN_HOST = Denial(
    421,
    "FOREIGN_HOST",
    "This server answers only to 127.0.0.1, localhost and [::1] with its port, "
    "and to hosts that STOAT_ALLOW_HOSTS names.",
)
FOREIGN_ORIGIN = Denial(
    403, "FOREIGN_ORIGIN", "A page of another site may neither read nor change anything here."
)
BAD_HEADER = Denial(400, "BAD_REQUEST", "A header is malformed, or there twice.")
BODY_TOO_LARGE = Denial(413, "BODY_TOO_LARGE", f"A body may have at most {MAX_BODY} bytes.")
NO_COMPONENT = Denial(404, "NOT_FOUND", "No component of this page has such a file.")
NO_EMBEDDING = Denial(404, "NOT_FOUND", "No page of this server can be put into another page.")
LOGIN_REQUIRED = Denial(401, "LOGIN_REQUIRED", "Log in on the page first, and send its cookie.")

#: Of a page: all that Panel needs, and nothing from elsewhere. Bokeh compiles callbacks (eval),
#: Panel loads components from blobs and puts styles and settings into the page.
_PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "media-src 'self' data: blob:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_DATA_POLICY = "default-src 'none'; frame-ancestors 'self'"
_ON_EVERYTHING: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    # With "no-referrer" a browser would send our own forms, Panel's login, as nobody's: "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def verdict(scope: Scope, allowed: Collection[str] = ()) -> Denial | None:
    """Judge a connection by its addresses and headers alone; None lets it in.

    Parameters
    ----------
    scope
        The connection as ASGI describes it.
    allowed
        Hosts beside this machine's own that the server may be called by, as a browser shows them.

    Examples
    --------
    >>> verdict({"type": "http", "headers": [], "client": ("192.0.2.7", 5)}).code
    'FOREIGN_CLIENT'
    """
    headers = _headers(scope["headers"])
    if headers is None:
        return BAD_HEADER
    return (
        _judge_client(scope.get("client"), headers, allowed)
        or _judge_host(scope, headers, allowed)
        or _judge_site(scope, headers, allowed)
        or _judge_path(scope["path"])
    )


def allowed_origin(scope: Scope, allowed: Collection[str]) -> str | None:
    """Return the origin of the page that asks, if it is of one of the allowed hosts."""
    origin = dict(scope["headers"]).get(b"origin", b"").decode("latin-1").lower()
    scheme, _, host = origin.partition("://")
    return origin if scheme in _WEB_PORTS and host in allowed else None


def safe_headers(path: str, given: Iterable[str], origin: str | None = None) -> dict[str, str]:
    """Return what an answer's headers must have beside those given, for whom it is not meant.

    A policy that a route has set for itself stays: it knows what it sends.
    """
    found = dict(_ON_EVERYTHING)
    if "content-security-policy" not in {name.lower() for name in given}:
        found["Content-Security-Policy"] = _DATA_POLICY if is_data(path) else _PAGE_POLICY
    if origin is not None:
        found |= {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    return found


def is_replaced(name: str) -> bool:
    """Say whether a header of an answer is ours to set: Panel opens some pages to every site."""
    return name.lower().startswith("access-control-") or name.title() in _ON_EVERYTHING


def is_data(path: str) -> bool:
    """Say whether a path is one of REST's, and no page."""
    return f"{PREFIX}/" in path


def _headers(pairs: Iterable[Header]) -> dict[bytes, bytes] | None:
    found: dict[bytes, bytes] = {}
    for name, value in pairs:
        if name in _ONCE and name in found:
            return None
        found[name] = value
    return found


def _judge_client(
    client: tuple[str, int] | None, headers: Mapping[bytes, bytes], allowed: Collection[str]
) -> Denial | None:
    if allowed:
        return None  # who names a host has opened the server, and decides where it listens
    if _FORWARDED & headers.keys():
        return PROXIED
    return None if _is_this_machine(client) else FOREIGN_CLIENT


def _is_this_machine(client: tuple[str, int] | None) -> bool:
    if client is None:
        return False
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _judge_host(
    scope: Scope, headers: Mapping[bytes, bytes], allowed: Collection[str]
) -> Denial | None:
    host = _host(headers)
    return None if host in allowed or host in _own_hosts(scope) else FOREIGN_HOST


def _host(headers: Mapping[bytes, bytes]) -> str:
    return headers.get(b"host", b"").decode("latin-1").lower()


def _own_hosts(scope: Scope) -> frozenset[str]:
    # The port is the one the connection really came in by, so nobody has to be told it.
    _, port = scope.get("server") or (None, None)
    if port is None:
        return frozenset()
    names = {f"{name}:{port}" for name in LOOPBACK_NAMES}
    return frozenset(names | set(LOOPBACK_NAMES) if port == _WEB_PORTS[_scheme(scope)] else names)


def _scheme(scope: Scope) -> str:
    return "https" if scope.get("scheme") in ("https", "wss") else "http"


def _judge_site(
    scope: Scope, headers: Mapping[bytes, bytes], allowed: Collection[str]
) -> Denial | None:
    """Refuse what a page of another site sends, also what needs no permission: images, links."""
    if allowed_origin(scope, allowed) is not None:
        return None
    own = f"{_scheme(scope)}://{_host(headers)}"
    if headers.get(b"origin", own.encode("latin-1")).decode("latin-1").lower() != own:
        return FOREIGN_ORIGIN
    if headers.get(b"sec-fetch-site", b"none") in _OWN_SITES or _opens_a_page(scope, headers):
        return None
    return FOREIGN_ORIGIN


def _opens_a_page(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Say whether somebody followed a link from elsewhere, in a window of its own."""
    return (
        scope["type"] == "http"
        and scope["method"] in ("GET", "HEAD")
        and headers.get(b"sec-fetch-mode") == b"navigate"
        and headers.get(b"sec-fetch-dest") == b"document"
        and not is_data(scope["path"])
    )


def _judge_path(path: str) -> Denial | None:
    """Refuse what Panel hands out too freely, and what no page of ours needs."""
    if path.endswith("/autoload.js"):
        return NO_EMBEDDING  # Panel starts a session for it, without a login too
    # Panel imports whatever module a path to a component's file names.
    parts = path.split("/")
    for at, (before, module) in enumerate(pairwise(parts)):
        if before == "components" and not _is_component(module, parts[at + 2 : at + 3]):
            return NO_COMPONENT
    return None


def _is_component(module: str, name: list[str]) -> bool:
    # Looked up without asking the module, which might load something to answer.
    known = getattr(sys.modules.get(module), "__dict__", {})
    found = known.get(name[0]) if name else None
    return isinstance(found, type) and any(
        base.__module__.startswith("panel.") for base in found.__mro__
    )


def judge_length(scope: Scope) -> Denial | None:
    """Judge what a request says of the size of its body."""
    value = dict(scope["headers"]).get(b"content-length", b"0")
    if not value.isdigit():
        return BAD_HEADER
    digits = value.lstrip(b"0") or b"0"
    too_large = len(digits) > len(str(MAX_BODY)) or int(digits) > MAX_BODY
    return BODY_TOO_LARGE if too_large else None
