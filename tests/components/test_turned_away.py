"""The page in a server of somebody's own: it asks the rule for the request that it is made for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from bokeh.document import Document
from panel.io.state import set_curdoc

from stoat_nb.dashboard import create_dashboard
from stoat_nb.library import Library
from stoat_nb.settings import Settings


def styles_for(library: Library, *, client: str | None = "127.0.0.1", **headers: str) -> str:
    document = Document()
    request = SimpleNamespace(
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        remote_ip=client,
        protocol="http",
        cookies={},
        arguments={},
    )
    context = SimpleNamespace(request=request, id="1", destroyed=False, server_context=None)
    document._session_context = lambda: context  # type: ignore[assignment]
    with set_curdoc(document):
        return str(create_dashboard(library).config.raw_css)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "asked",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:5006", "Origin": "http://evil.example:5006"},
        {"Host": "192.0.2.2:5006", "client": "192.0.2.7"},
        {"Host": "127.0.0.1:5006", "client": "192.0.2.7"},
        {"Host": "127.0.0.1:5006", "Origin": "http://evil.example"},
        {"Host": "127.0.0.1:5006", "X_Forwarded_For": "192.0.2.7"},
        {"Host": "127.0.0.1:5006", "Sec_Fetch_Site": "cross-site", "Sec_Fetch_Dest": "iframe"},
        {},
    ],
)
def test_whoever_may_not_ask_gets_a_page_that_says_so_and_shows_nothing(
    tmp_path: Path, asked: dict[str, str]
) -> None:
    with Library(tmp_path / "library.db", take="none") as library:
        assert "body::before" in styles_for(library, **asked)


def test_a_host_that_is_named_gets_the_page(tmp_path: Path) -> None:
    settings = Settings(allow_hosts=("videos.example",))
    with Library(tmp_path / "library.db", settings=settings, take="none") as library:
        assert "body::before" in styles_for(library, Host="evil.example")
        named = styles_for(library, Host="videos.example", client="192.0.2.7")
        assert "body::before" not in named
