"""The content of /metrics and the callers that may read it; and /.well-known/security.txt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from httpx_sse import connect_sse

from ..serving import Server
from .conftest import Visitor


def test_figures_say_how_much_and_nothing_of_whom(server: Server) -> None:
    room = server.create()
    with httpx.Client() as client, connect_sse(client, "GET", f"{server.url}/{room['code']}/sse") as stream:
        events = stream.iter_sse()
        assert next(events).event == "open"
        for text in ("tea?", "yes"):
            httpx.post(f"{server.url}/{room['code']}", content=text)
        httpx.get(f"{server.url}/ZZZZ")
        answer = httpx.get(f"{server.url}/metrics")

    assert answer.headers["Content-Type"].startswith("text/plain")
    lines = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert lines["chadchat_messages_total"] == "2.0"
    assert lines["chadchat_events_total"] == "4.0"
    assert lines["chadchat_commit_events_count"] == "4.0"
    assert lines['chadchat_refusals_total{refusal="room_not_found"}'] == "1.0"
    assert lines["chadchat_streams"] == "1.0"
    assert not any(secret in answer.text for secret in (room["code"], "ZZZZ", room["token"], "Grace", "127.0.0.1"))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """A server for each setting."""
    data = tmp_path_factory.mktemp("measured")
    started = {setting: Server(data / setting, metrics=setting).start() for setting in ("local", "on", "off")}
    yield started
    for server in started.values():
        server.stop()


@pytest.mark.parametrize(
    ("setting", "headers", "status"),
    [
        ("local", {}, 200),
        ("local", {"X-Forwarded-For": "192.0.2.7"}, 404),
        ("local", {"Forwarded": "for=192.0.2.7"}, 404),
        ("local", {"Host": "chat.example"}, 404),
        ("on", {"X-Forwarded-For": "192.0.2.7"}, 200),
        ("off", {}, 404),
    ],
)
def test_figures_are_for_this_machine_unless_the_operator_says_otherwise(
    measured: dict[str, Server], setting: str, headers: dict[str, str], status: int
) -> None:
    assert httpx.get(f"{measured[setting].url}/metrics", headers=headers).status_code == status


async def test_another_machine_gets_no_figures(ada: Visitor) -> None:
    assert (await ada("GET", "/metrics", headers={"Host": "localhost:8000"})).status_code == 404


async def test_without_a_contact_there_is_no_security_txt(ada: Visitor) -> None:
    assert (await ada("GET", "/.well-known/security.txt")).status_code == 404


def test_security_txt_says_whom_to_tell(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", security_contact="mailto:grace@chat.example").start()
    try:
        answer = httpx.get(f"{server.url}/.well-known/security.txt")
    finally:
        server.stop()
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == "mailto:grace@chat.example"
    assert fields["Expires"].endswith("Z")
    assert fields["Canonical"] == f"{server.url}/.well-known/security.txt"
