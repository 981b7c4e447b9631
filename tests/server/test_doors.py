"""One rule for every door: each route of each server, asked by everybody who may not."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from stoat_nb.library import Library
from stoat_nb.server import create_app

from .conftest import panel_serving, serving
from .test_panel_serve import PANEL
from .test_server import handshake
from .told_routes import TOLD, of_fastapi

COOKIES = ["--cookie-secret", "0123456789abcdef0123456789abcdef"]
LOGIN = ["--basic-auth", "sesame", *COOKIES]
PLUGINS = {
    "tornado": ["--plugins", "stoat_nb.api.tornado", "--plugins", "told_routes"],
    "fastapi": [
        *("--server", "fastapi", "--plugins", "stoat_nb.api.plugin", "--plugins", "told_routes")
    ],
}

#: Every route that any of the servers has: one of its addresses, and why it is there.
ROUTES = {
    r"/dashboard|/dashboard/\?\$|\^/dashboard.*/\?\)\$": ("/dashboard", "the page"),
    r"/dashboard/ws.*|\^/dashboard.*/ws\)\$": ("/dashboard/ws", "what keeps the page live"),
    r".*/metadata\)?\$": ("/dashboard/metadata", "the page's name"),
    r".*/autoload\\?\.js\)?\$": ("/dashboard/autoload.js", "closed: nobody embeds the page"),
    r"\^?/dashboard.*/static/.*": ("/dashboard/static/x.css", "scripts and styles"),
    r"/static(/.*)?": ("/static/js/bokeh.min.js", "scripts and styles, the same for everybody"),
    r"/components/.*": ("/components/this/a/__css__/x", "files of components that pages have"),
    r"/api/v1/.*|\(/api/v1/.*": ("/api/v1/jobs", "REST"),
    r"/docs.*|/redoc": ("/docs", "what REST can do"),
    r"/openapi\.json": ("/openapi.json", "what REST can do, for programs"),
    r"/favicon.ico\$?": ("/favicon.ico", "an icon"),
    r"/(\?\$)?": ("/", "the way to the page"),
    r"/login\$|/login.*": ("/login", "the login"),
    r"/logout\$|/logout.*": ("/logout", "its end"),
    TOLD + r"\$?": (TOLD, "this test's own"),
}
#: What may be had without a login.
OPEN = {"/static/js/bokeh.min.js", "/dashboard/static/x.css", "/favicon.ico", "/login", "/logout"}
#: What nobody has, logged in or not.
CLOSED = {"/components/this/a/__css__/x", "/dashboard/autoload.js"}
#: What `panel serve dashboard.py` has without a plugin that would tell.
ALONE = ["/", "/dashboard", "/dashboard/ws", "/dashboard/metadata", "/dashboard/autoload.js"]
ALONE += ["/static/js/bokeh.min.js", "/components/this/a/__css__/x", "/favicon.ico"]
SERVERS = ["stoat serve", "the page alone", "tornado", "fastapi"]
KINDS = [*SERVERS, "tornado with login", "fastapi with login"]


class Door:
    """A running server."""

    def __init__(self, address: str, kind: str) -> None:
        self.address, self.kind = address, kind
        self.port = int(address.rpartition(":")[2])
        self.has_login = kind.endswith("login")

    def ask(self, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
        """Ask as nobody's browser would: without following, retrying or adding anything."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        given = {"Host": f"127.0.0.1:{self.port}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        for name, value in given.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer


@pytest.fixture(scope="module", params=KINDS)
def door(
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    repository: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    kind = str(request.param)
    if kind == "stoat serve":
        with serving(environment, folder, "serve", "--port", "0") as served:
            yield Door(served.address, kind)
        return
    server, _, login = kind.partition(" with ")
    if server == "fastapi" and PANEL < (1, 10):
        pytest.skip("this Panel has no FastAPI server of its own")
    tests = {"PYTHONPATH": f"{repository}:{Path(__file__).parent}"}
    page = (repository / "dashboard.py").read_text(encoding="utf-8")
    arguments = [*PLUGINS.get(server, []), *(LOGIN if login else [])]
    with panel_serving({**environment, **tests}, folder, page, *arguments) as address:
        yield Door(address, kind)


@pytest.fixture(scope="module")
def paths(door: Door, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """An address of each route that the server has."""
    if door.kind == "the page alone":
        return ALONE
    if door.kind == "stoat serve":
        with Library(tmp_path_factory.mktemp("routes") / "l.db") as library:
            app = create_app(library)
            while not hasattr(app, "routes"):
                app = getattr(app, "app", None) or app._app  # what stands before it
            rest = app.openapi()["paths"]
            routes = {*of_fastapi(app), *rest}
    else:
        with httpx.Client(base_url=door.address, timeout=60) as browser:
            if door.has_login:
                sent = {"username": "somebody", "password": "sesame"}
                browser.post("/login", data=sent, headers={"origin": door.address})
            rest = browser.get("/openapi.json").json()["paths"]
            routes = {*browser.get(TOLD).json(), *rest}
    unknown = {one for one in routes if not any(re.fullmatch(known, one) for known in ROUTES)}
    assert unknown == set(), "routes that nobody has looked at"
    others = {
        path
        for known, (path, _why) in ROUTES.items()
        if any(re.fullmatch(known, one) for one in routes)
    }
    return sorted({re.sub(r"\{\w+\}", "1", path) for path in rest} | others)


@pytest.fixture(scope="module")
def half_sent(door: Door, paths: list[str]) -> Iterator[dict[str, socket.socket]]:
    """Clients of each route that stop in the middle of their bodies, until the last test here."""
    said = f"Host: 127.0.0.1:{door.port}\r\nContent-Type: application/json\r\nContent-Length: 12"
    with ExitStack() as stack:
        halves = {}
        for path in paths:
            connection = socket.create_connection(("127.0.0.1", door.port), timeout=60)
            halves[path] = stack.enter_context(connection)
            connection.sendall(f'POST {path} HTTP/1.1\r\n{said}\r\n\r\n{{"path'.encode())
        yield halves


def test_whoever_stops_in_the_middle_of_a_body_keeps_nobody_waiting(
    door: Door, paths: list[str], half_sent: dict[str, socket.socket]
) -> None:
    assert half_sent.keys() == {*paths}
    assert door.ask("GET", "/static/js/bokeh.min.js").status == 200
    assert door.ask("GET", "/dashboard").status == (302 if door.has_login else 200)


def test_a_foreign_host_gets_nothing(door: Door, paths: list[str]) -> None:
    for path in paths:
        for host in ("evil.example", f"evil.example:{door.port}", f"192.0.2.2:{door.port}"):
            for method in ("GET", "HEAD", "POST", "DELETE"):
                assert (path, method, door.ask(method, path, Host=host).status) == (
                    *(path, method),
                    421,
                )
            same = door.ask("GET", path, Host=host, Origin=f"http://{host}")
            assert (path, same.status) == (path, 421)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_foreign_origin_gets_nothing(door: Door, paths: list[str], origin: str) -> None:
    for path in paths:
        assert (path, door.ask("GET", path, Origin=origin).status) == (path, 403)
        assert (path, door.ask("POST", path, Origin=origin).status) == (path, 403)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_page_of_another_site_embeds_anything(door: Door, paths: list[str], site: str) -> None:
    for path in paths:
        for kind in ("image", "script", "iframe", "video", "empty"):
            answer = door.ask("GET", path, Sec_Fetch_Site=site, Sec_Fetch_Dest=kind)
            assert (path, kind, answer.status) == (path, kind, 403)


def test_what_a_proxy_hands_on_is_not_taken_for_this_machine(door: Door, paths: list[str]) -> None:
    for path in paths:
        assert (path, door.ask("GET", path, X_Forwarded_For="192.0.2.7").status) == (path, 403)


def test_without_the_login_there_is_neither_page_nor_rest(door: Door, paths: list[str]) -> None:
    if not door.has_login:
        pytest.skip("it asks for none")
    for path in sorted({*paths} - OPEN - {TOLD, "/dashboard/ws"}):
        answer = door.ask("GET", path)
        to_login = answer.status == 302 and "login" in str(answer.headers["location"])
        assert to_login or answer.status in (401, 403, 404), (path, answer.status)
        assert answer.status != 404 or path in CLOSED
    for method in ("POST", "HEAD", "PUT", "DELETE", "PATCH"):
        assert door.ask(method, "/api/v1/videos/scan").status == 401


def test_every_answer_has_the_security_headers_whatever_was_asked(
    door: Door, paths: list[str]
) -> None:
    for path in [*paths, "/nowhere"]:
        for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS"):
            answer = door.ask(method, path, Content_Length="0")
            told = (method, path, answer.status)
            assert answer.status < 500, told
            assert answer.headers["x-content-type-options"] == "nosniff", told
            assert answer.headers["x-frame-options"] == "SAMEORIGIN", told
            assert answer.headers["cross-origin-resource-policy"] == "same-origin", told
            assert answer.headers["content-security-policy"], told
            assert answer.headers["access-control-allow-origin"] is None, told


def test_head_is_answered_as_get_is_or_not_at_all(door: Door, paths: list[str]) -> None:
    for path in paths:
        head, get = door.ask("HEAD", path), door.ask("GET", path)
        assert head.status in (get.status, 405), path
        if "/api/v1/" in path:
            told = [(one.status, one.headers["content-type"]) for one in (head, get)]
            assert told[0] == told[1], path


def test_a_method_that_no_route_takes_is_refused(door: Door, paths: list[str]) -> None:
    for path in paths:
        for method in ("PUT", "TRACE", "BREW"):
            answer = door.ask(method, path)
            told = (path, method, answer.status)
            # The parser of Panel's FastAPI server refuses methods that it has never heard of.
            of_door = {302, 401, 403} if door.has_login else set()
            assert answer.status in {400, 404, 405} | of_door, told
            if "/api/v1/" in path and (method, answer.status) == ("PUT", 405):
                assert answer.headers["allow"], told


def test_a_huge_body_is_refused_unread(door: Door, paths: list[str]) -> None:
    for path in paths:
        for method in ("POST", "PUT", "GET"):
            answer = door.ask(method, path, Content_Length=str(10**9))
            assert (path, method, answer.status) == (path, method, 404 if path in CLOSED else 413)


def test_a_huge_body_of_unsaid_length_is_refused_too(door: Door, paths: list[str]) -> None:
    chunk = b"11000\r\n" + b"x" * 0x11000 + b"\r\n0\r\n\r\n"
    head = f"HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\nTransfer-Encoding: chunked\r\n\r\n"
    for path in paths:
        with socket.create_connection(("127.0.0.1", door.port), timeout=60) as connection:
            connection.sendall(f"POST {path} {head}".encode() + chunk)
            answer = connection.recv(65536).decode("latin-1")
        assert re.match(r"HTTP/1\.1 4\d\d ", answer), (path, answer)


def test_what_no_page_needs_is_closed(door: Door, paths: list[str]) -> None:
    for path in CLOSED & {*paths}:
        assert (path, door.ask("GET", path).status) == (path, 404)


def test_nothing_is_imported_because_an_address_names_it(door: Door) -> None:
    for module in ("this", "antigravity", "stoat_nb.cli.__main__", "lib2to3.__main__"):
        assert door.ask("GET", f"/components/{module}/a/__css__/x").status == 404


def test_a_websocket_is_our_own_pages_alone(door: Door) -> None:
    own, evil = f"127.0.0.1:{door.port}", f"evil.example:{door.port}"
    for host, origin in ((own, "http://evil.example"), (evil, f"http://{evil}"), (own, "null")):
        refused = handshake(door.port, host=host, origin=origin)
        assert " 403 " in refused or " 421 " in refused
    if door.has_login:
        assert " 403 " in handshake(door.port, host=own, origin=f"http://{own}")


def test_whoever_stops_in_the_middle_of_a_body_is_sent_away(
    half_sent: dict[str, socket.socket],
) -> None:
    for path, connection in half_sent.items():
        answer = b""
        while part := connection.recv(65536):
            answer += part
        assert answer == b"" or re.match(rb"HTTP/1\.1 4\d\d ", answer), (path, answer)
