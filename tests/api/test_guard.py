"""Who gets through the guard, over real connections."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from stoat_nb.api import guard
from stoat_nb.api.admission import MAX_BODY, NO_COMPONENT, judge_length, verdict
from stoat_nb.api.guard import Guard
from stoat_nb.api.router import create_router
from stoat_nb.library import Library

from .conftest import ask, running


async def echo(request: Request) -> PlainTextResponse:
    body = await request.body()
    return PlainTextResponse(
        str(len(body)), headers={"Access-Control-Allow-Origin": "*", "X-Frame-Options": "ALLOW"}
    )


async def greet(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    routes = [
        Route("/", echo, methods=["GET", "POST", "DELETE"]),
        WebSocketRoute("/ws", greet),
    ]
    app = Guard(Starlette(routes=routes), body_timeout_s=60)
    with pytest.MonkeyPatch.context() as monkeypatch, running(app) as port:
        monkeypatch.setattr(guard, "_DRAIN_S", 60.0)  # for whoever is slow to send all that
        yield port


def code_of(body: bytes) -> str:
    return str(json.loads(body)["detail"]["code"])


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_this_machine_may_be_called_by_its_own_names(port: int, name: str) -> None:
    status, _, _ = ask(port, "GET", "/", [("Host", f"{name}:{port}")])
    assert status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "localhost:1",
        "127.0.0.1.evil.example:{port}",
        "localhost:{port}.evil.example",
        "127.0.0.2:{port}",
        "0.0.0.0:{port}",
        "",
    ],
)
def test_every_other_host_is_refused(port: int, host: str) -> None:
    status, _, body = ask(port, "GET", "/", [("Host", host.format(port=port))])
    assert (status, code_of(body)) == (421, "FOREIGN_HOST")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "http://127.0.0.1:1",
        "http://localhost:{port}",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://user@127.0.0.1:{port}",
    ],
)
def test_a_page_of_another_origin_changes_nothing(port: int, method: str, origin: str) -> None:
    own = f"127.0.0.1:{port}"
    headers = [("Host", own), ("Origin", origin.format(port=port)), ("Content-Length", "0")]
    status, _, body = ask(port, method, "/", headers)
    assert (status, code_of(body)) == (403, "FOREIGN_ORIGIN")


def test_our_own_page_may_change_things(port: int) -> None:
    own = f"127.0.0.1:{port}"
    headers = [("Host", own), ("Origin", f"http://{own}"), ("Content-Length", "2")]
    status, _, body = ask(port, "POST", "/", headers, b"{}")
    assert (status, body) == (200, b"2")


def test_a_program_without_an_origin_may_change_things(port: int) -> None:
    headers = [("Host", f"127.0.0.1:{port}"), ("Content-Length", "2")]
    assert ask(port, "POST", "/", headers, b"{}")[0] == 200


LINK = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FRAME = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
IMAGE = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}


@pytest.mark.parametrize(
    ("asked", "site", "how", "status"),
    [
        (("GET", "/"), "cross-site", LINK, 200),
        (("GET", "/"), "same-site", LINK, 200),
        (("GET", "/"), "cross-site", FRAME, 403),
        (("GET", "/"), "same-site", FRAME, 403),
        (("GET", "/"), "cross-site", IMAGE, 403),
        (("GET", "/"), "same-site", IMAGE, 403),
        (("GET", "/"), "nonsense", IMAGE, 403),
        (("GET", "/"), "same-origin", IMAGE, 200),
        (("GET", "/"), "none", LINK, 200),
        (("POST", "/"), "cross-site", LINK, 403),
        (("GET", "/api/v1/videos/1/stream"), "cross-site", LINK, 403),
        (("GET", "/below/api/v1/videos/1/stream"), "cross-site", LINK, 403),
        (("GET", "/api/v1/videos/1/stream"), "none", LINK, 404),
    ],
)
def test_a_page_of_another_site_may_link_to_a_page_and_no_more(
    port: int, asked: tuple[str, str], site: str, how: dict[str, str], status: int
) -> None:
    headers = [("Host", f"127.0.0.1:{port}"), ("Sec-Fetch-Site", site), *how.items()]
    assert ask(port, *asked, headers)[0] == status


def test_what_a_script_of_another_page_asks_for_is_not_read(port: int) -> None:
    headers = [("Host", f"127.0.0.1:{port}"), ("Origin", "http://evil.example")]
    status, answered, _ = ask(port, "GET", "/", headers)
    assert status == 403
    assert "access-control-allow-origin" not in answered


def test_what_comes_through_a_proxy_is_not_taken_for_this_machine(port: int) -> None:
    headers = [("Host", f"127.0.0.1:{port}"), ("X-Forwarded-For", "192.0.2.7")]
    status, _, body = ask(port, "GET", "/", headers)
    assert (status, code_of(body)) == (403, "FOREIGN_CLIENT")
    assert b"STOAT_ALLOW_HOSTS" in body


PUBLIC = "videos.example"


@pytest.fixture(scope="module")
def behind_proxy() -> Iterator[int]:
    routes = [Route("/", echo, methods=["GET", "POST"]), WebSocketRoute("/ws", greet)]
    with running(Guard(Starlette(routes=routes), allowed_hosts=(PUBLIC,))) as port:
        yield port


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        (PUBLIC, f"https://{PUBLIC}", 200),
        (PUBLIC, "https://evil.example", 403),
        (PUBLIC, f"https://{PUBLIC}.evil.example", 403),
        (f"{PUBLIC}:1", f"https://{PUBLIC}", 421),
        ("127.0.0.1:{port}", f"https://{PUBLIC}", 200),
        ("127.0.0.1:{port}", "http://127.0.0.1:{port}", 200),
        ("evil.example", "http://evil.example", 421),
    ],
)
def test_a_host_that_is_named_is_served_and_its_pages_may_change_things(
    behind_proxy: int, host: str, origin: str, status: int
) -> None:
    headers = [
        ("Host", host.format(port=behind_proxy)),
        ("Origin", origin.format(port=behind_proxy)),
        ("X-Forwarded-For", "192.0.2.7"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Content-Length", "0"),
    ]
    assert ask(behind_proxy, "POST", "/", headers)[0] == status


def test_a_page_of_a_named_host_may_read_and_play_what_is_here(behind_proxy: int) -> None:
    """Such as a notebook that shows a video."""
    page = f"http://{PUBLIC}"
    own = ("Host", f"127.0.0.1:{behind_proxy}")
    headers = [own, ("Origin", page), ("Sec-Fetch-Site", "cross-site")]
    status, answered, _ = ask(behind_proxy, "GET", "/", headers)
    assert (status, answered["access-control-allow-origin"]) == (200, page)
    assert ask(behind_proxy, "GET", "/", [own, ("Sec-Fetch-Site", "cross-site")])[0] == 403


@pytest.mark.parametrize("name", ["Host", "Origin"])
def test_a_header_that_is_there_twice_is_refused(port: int, name: str) -> None:
    own = f"127.0.0.1:{port}"
    headers = [("Host", own), ("Origin", f"http://{own}")]
    headers.append((name, dict(headers)[name]))
    assert ask(port, "GET", "/", headers)[0] == 400


def test_a_length_that_is_there_twice_is_refused() -> None:
    scope = scope_of(headers=[(b"content-length", b"1"), (b"content-length", b"2")])
    denial = verdict(scope)
    assert denial is not None
    assert denial.status == 400


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"0x10", b" 5", "\u0663".encode(), b""])
def test_a_length_that_is_no_number_is_refused(length: bytes) -> None:
    denial = judge_length(scope_of(headers=[(b"content-length", length)]))
    assert denial is not None
    assert denial.status == 400


@pytest.mark.parametrize("client", ["192.168.1.7", "10.0.0.1", "2001:db8::1", "::ffff:8.8.8.8", ""])
def test_another_machine_is_refused_whatever_it_says(client: str) -> None:
    denial = verdict(scope_of(client=(client, 5)))
    assert denial is not None
    assert denial.code == "FOREIGN_CLIENT"


@pytest.mark.parametrize("client", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_let_in_however_it_comes(client: str) -> None:
    assert verdict(scope_of(client=(client, 5))) is None


def scope_of(
    headers: list[tuple[bytes, bytes]] | None = None, client: tuple[str, int] = ("127.0.0.1", 5)
) -> dict[str, object]:
    own = [(b"host", b"localhost:8642"), *(headers or [])]
    server = ("127.0.0.1", 8642)
    ends = {"client": client, "server": server}
    return {"type": "http", "method": "GET", "path": "/", "headers": own, **ends}


def test_a_body_that_says_it_is_too_large_is_refused_unread(port: int) -> None:
    headers = [("Host", f"127.0.0.1:{port}"), ("Content-Length", str(10**12))]
    status, _, body = ask(port, "POST", "/", headers)
    assert (status, code_of(body)) == (413, "BODY_TOO_LARGE")


def test_a_body_that_turns_out_too_large_is_refused(port: int) -> None:
    headers = [("Host", f"127.0.0.1:{port}"), ("Transfer-Encoding", "chunked")]
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    chunks = chunk * (MAX_BODY // 0x10000 + 1) + b"0\r\n\r\n"
    status, _, body = ask(port, "POST", "/", headers, chunks)
    assert (status, code_of(body)) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "evil.example"])
def test_who_sends_far_too_much_before_he_listens_hears_why(port: int, host: str) -> None:
    size = 10_000_000
    headers = [("Host", host.format(port=port)), ("Content-Length", str(size))]
    status, _, body = ask(port, "POST", "/", headers, b" " * size)
    expected = (421, "FOREIGN_HOST") if "evil" in host else (413, "BODY_TOO_LARGE")
    assert (status, code_of(body)) == expected


def test_the_largest_allowed_body_is_read_whole(port: int) -> None:
    headers = [("Host", f"127.0.0.1:{port}"), ("Content-Length", str(MAX_BODY))]
    status, _, body = ask(port, "POST", "/", headers, b" " * MAX_BODY)
    assert (status, body) == (200, str(MAX_BODY).encode())


def test_a_body_that_never_comes_is_given_up() -> None:
    app = Starlette(routes=[Route("/", echo, methods=["POST"])])
    with running(Guard(app, body_timeout_s=0.3)) as port:
        headers = [("Host", f"127.0.0.1:{port}"), ("Content-Length", "10")]
        status, _, body = ask(port, "POST", "/", headers, b"12345")
    assert (status, code_of(body)) == (408, "BODY_TOO_SLOW")


@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_every_answer_carries_the_security_headers_once(port: int, path: str) -> None:
    _, headers, _ = ask(port, "GET", path)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'self'" in headers["content-security-policy"]


UNLOADED = "this"  # that prints a poem where it is imported


@pytest.mark.parametrize(
    "path",
    [
        f"{UNLOADED}/a/__css__/x",
        "json/JSONDecoder/__css__/x",
        "stoat_nb/Library/__css__/x",
        "panel.viewable",
        "builtins/__doc__/__css__/x",
        ".panel/a/__css__/x",
        "",
    ],
)
def test_a_file_of_a_component_that_no_page_has_is_refused_and_nothing_is_imported(
    path: str,
) -> None:
    scope = {**scope_of(), "path": f"/components/{path}"}
    sys.modules.pop(UNLOADED, None)
    assert verdict(scope) == NO_COMPONENT
    assert UNLOADED not in sys.modules


def test_a_file_of_a_component_that_a_page_has_is_let_through() -> None:
    from panel_material_ui.base import MaterialComponent  # noqa: PLC0415 - loaded is what counts

    component = f"{MaterialComponent.__module__}/{MaterialComponent.__name__}"
    assert verdict({**scope_of(), "path": f"/components/{component}/_stylesheets/x.css"}) is None


def test_a_refusal_carries_the_security_headers_too(port: int) -> None:
    _, headers, _ = ask(port, "GET", "/", [("Host", "evil.example")])
    assert headers["x-content-type-options"] == "nosniff"


def handshake(port: int, *, host: str, origin: str | None) -> str:
    lines = [
        "GET /ws HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *([] if origin is None else [f"Origin: {origin}"]),
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection.recv(4096).decode("latin-1").splitlines()[0]


def test_a_websocket_of_our_own_page_opens(port: int) -> None:
    own = f"127.0.0.1:{port}"
    assert " 101 " in handshake(port, host=own, origin=f"http://{own}")


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://127.0.0.1:1"])
def test_a_websocket_of_another_page_is_refused(port: int, origin: str) -> None:
    assert " 403 " in handshake(port, host=f"127.0.0.1:{port}", origin=origin)


def test_a_websocket_by_another_name_is_refused(port: int) -> None:
    evil = f"evil.example:{port}"
    assert " 403 " in handshake(port, host=evil, origin=f"http://{evil}")


def test_routes_in_somebodys_own_app_ask_the_rule_themselves(library: Library) -> None:
    app = FastAPI()
    app.include_router(create_router(library))
    with running(app) as port:
        for path in ("/api/v1/jobs", "/api/v1/videos/1/poster.jpg"):
            assert ask(port, "GET", path, [("Host", "evil.example")])[0] == 421
            own = ("Host", f"127.0.0.1:{port}")
            assert ask(port, "GET", path, [own, ("Sec-Fetch-Site", "cross-site")])[0] == 403
        status, headers, _ = ask(port, "GET", "/api/v1/jobs")
    assert (status, headers["cross-origin-resource-policy"]) == (200, "same-origin")
