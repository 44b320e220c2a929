"""Requirement 12: the server fetches no addresses and stores no files: there are no previews and no uploads."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import httpx
import pytest

from ..serving import Server

PACKAGE = Path(__file__).parents[2] / "chadchat"


def test_a_link_in_a_message_is_never_opened(standing: Server) -> None:
    code = standing.create()["code"]
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(1)
        url = f"http://127.0.0.1:{trap.getsockname()[1]}/internal"
        for text in (url, f"![x]({url})", f"[x]({url})", f"<{url}>"):
            assert httpx.post(f"{standing.url}/{code}", content=text).status_code == 201
        httpx.post(f"{standing.url}/{code}", json={"text": "x", "url": url, "callback": url}, headers={"Referer": url})
        httpx.get(f"{standing.url}/{code}", headers={"Accept": "text/html"})
        with pytest.raises(TimeoutError):
            trap.accept()


def test_no_code_of_ours_can_open_a_connection() -> None:
    clients = re.compile(
        r"(?:import|from) (?:urllib\.request|http\.client|httpx|aiohttp|requests|socketserver|ftplib|smtplib)"
        r"|create_connection|open_connection|\.connect_ex\(|sock_connect"
    )
    found = [(path.name, hit[0]) for path in PACKAGE.rglob("*.py") if (hit := clients.search(path.read_text()))]

    assert sorted(PACKAGE.rglob("*.py"))
    assert found == []


def test_a_file_that_is_sent_along_without_a_seat_is_kept_nowhere(server: Server) -> None:
    code = server.create()["code"]
    files = {"file": ("../../evil.html", b"<script>alert(1)</script>", "text/html")}
    answer = httpx.post(f"{server.url}/{code}", data={"text": "with a file"}, files=files)
    httpx.post(f"{server.url}/{code}", data={"text": "without one"}).raise_for_status()

    assert (answer.status_code, answer.json()["code"]) == (401, "seat_required")
    stored = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    assert b"without one" in stored
    assert b"with a file" not in stored
    assert b"evil.html" not in stored
    kept = {path.name.partition("-")[0] for path in server.data.iterdir()}
    assert kept - {"search.sqlite3"} == {"chadchat.sqlite3", "chadchat.lock", "chadchat.sock"}


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"])
def test_nothing_somebody_sends_names_the_place_of_a_redirect(standing: Server, target: str) -> None:
    for name in ("next", "url", "return", "redirect", "to"):
        answer = httpx.post(
            f"{standing.url}/",
            data={"name": "Ada", "create": "1", name: target},
            params={name: target},
            headers={"Accept": "text/html"},
        )
        assert answer.status_code == 303
        assert answer.headers["Location"].strip("/").isalpha()
