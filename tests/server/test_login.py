"""A login stands before page, websocket and REST alike: a password, or OAuth with a provider."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from .conftest import panel_serving
from .test_browser import CHROMIUM, PATIENCE_MS, sync_api
from .test_panel_serve import PANEL, SERVERS
from .test_server import handshake

COOKIES = ["--cookie-secret", "0123456789abcdef0123456789abcdef"]
PROVIDER = ["--oauth-provider", "generic", "--oauth-key", "key", "--oauth-secret", "secret"]
WHO = {"name": "somebody"}
GUARDED = ["/dashboard", "/dashboard/metadata", "/api/v1/summary", "/docs", "/openapi.json"]


class Provider(BaseHTTPRequestHandler):
    """Lets everybody in who comes with the key of the server under test."""

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(asked.query).items()}
        if asked.path == "/authorize":
            back = {"code": f"code of {given['client_id']}", "state": given["state"]}
            self.send_response(302)
            self.send_header("Location", f"{given['redirect_uri']}?{urlencode(back)}")
            self.end_headers()
        else:
            self.say(WHO if self.headers["Authorization"] == "Bearer a-token" else None)

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {name: values[0] for name, values in parse_qs(sent).items()}
        is_right = (given["client_secret"], given["code"]) == ("secret", "code of key")
        self.say({"access_token": "a-token", "token_type": "bearer"} if is_right else None)

    def say(self, told: Any) -> None:
        self.send_response(200 if told else 401)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(told or {"error": "invalid_grant"}).encode())

    def log_message(self, *_said: object) -> None:
        pass


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _elsewhere(provider: str) -> str:
    return provider.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def environment(environment: dict[str, str], provider: str) -> dict[str, str]:
    return {
        **environment,
        # To a browser this is another site, as every provider is.
        "PANEL_OAUTH_AUTHORIZE_URL": f"{_elsewhere(provider)}/authorize",
        "PANEL_OAUTH_TOKEN_URL": f"{provider}/token",
        "PANEL_OAUTH_USER_URL": f"{provider}/user",
        "PANEL_USER_KEY": "name",
    }


@pytest.fixture(scope="module")
def dashboard(repository: Path) -> str:
    return (repository / "dashboard.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=SERVERS)
def address(
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    dashboard: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    if request.param == "fastapi" and PANEL < (1, 10):
        pytest.skip("this Panel has no FastAPI server of its own")
    folder = tmp_path_factory.mktemp(request.param)
    arguments = [*PROVIDER, *COOKIES, *SERVERS[request.param]]
    with panel_serving(environment, folder, dashboard, *arguments) as address:
        yield address


def test_who_has_not_logged_in_has_nothing(address: str, provider: str) -> None:
    port = int(address.rpartition(":")[2])
    with httpx.Client(base_url=address, timeout=60) as nobody:
        for path in GUARDED:
            answer = nobody.get(path)
            to_login = answer.is_redirect and "/login" in answer.headers["location"]
            assert to_login or answer.status_code == 401, (path, answer.status_code)
        for forged in ("user=somebody", "user=2|1:0|4:user; access_token=a-token"):
            assert nobody.get("/api/v1/summary", headers={"Cookie": forged}).status_code == 401
        assert (
            nobody.get("/login")
            .headers["location"]
            .startswith(f"{_elsewhere(provider)}/authorize?")
        )
        # Somebody else's answer of the provider's, which would log in as him.
        assert nobody.get("/login?code=code+of+key&state=e30").status_code == 401
        assert nobody.get("/api/v1/summary").status_code == 401
    own = f"127.0.0.1:{port}"
    assert " 403 " in handshake(port, host=own, origin=f"http://{own}")


def test_who_has_logged_in_has_page_and_rest(address: str) -> None:
    with httpx.Client(base_url=address, timeout=60, follow_redirects=True) as somebody:
        page = somebody.get("/dashboard")
        assert page.status_code == 200
        assert str(page.url).startswith(f"{address}/dashboard")
        assert "Stoat" in page.text
        for path in GUARDED:
            assert somebody.get(path).status_code == 200, path
        somebody.get("/logout")
        assert somebody.get("/api/v1/summary", follow_redirects=False).status_code == 401


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium here")
@pytest.mark.parametrize("login", [PROVIDER, ["--basic-auth", "sesame"]])
def test_in_a_browser_the_page_is_live_after_the_login(
    login: list[str],
    environment: dict[str, str],
    dashboard: str,
    tmp_path: Path,
) -> None:
    # Panel's FastAPI server refuses the websocket of any page with a login, Stoat's or not.
    arguments = [*login, *COOKIES, *SERVERS["tornado"]]
    with (
        panel_serving(environment, tmp_path, dashboard, *arguments) as address,
        sync_api.sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{address}/dashboard", timeout=PATIENCE_MS)
        if login is not PROVIDER:
            page.fill("input[name=username]", "somebody")
            page.fill("input[name=password]", "sesame")
            page.press("input[name=password]", "Enter")
        scan = page.get_by_role("button", name="Scan", exact=True)
        sync_api.expect(scan).to_be_visible(timeout=PATIENCE_MS)
        assert page.evaluate("fetch('/api/v1/summary').then(answer => answer.status)") == 200
        browser.close()
