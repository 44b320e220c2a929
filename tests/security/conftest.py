"""Fixtures for the attacks: an app and a server with every limit on, and visitors with addresses of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol, cast

import pytest
from quart import Quart, Response
from quart.testing import QuartClient

from chadchat.app import create_app
from chadchat.settings import Settings
from chadchat.web import throttle

from ..serving import Server

ADA, MALLORY = "192.0.2.7", "198.51.100.66"


class Visitor(Protocol):
    """A request from an address: `await mallory("GET", "/KQZF")`."""

    async def __call__(self, method: str, path: str, /, **request: Any) -> Response: ...


def visitor(app: Quart, address: str) -> Visitor:
    """curl at that address; it keeps no cookies."""
    client = cast(QuartClient, app.test_client(use_cookies=False))

    async def send(method: str, path: str, /, **request: Any) -> Response:
        request = {"headers": {"Accept": "*/*"}, "scope_base": {"client": (address, 4711)}, **request}
        return await client.open(path, method=method, **request)

    return send


@pytest.fixture
async def strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Quart]:
    monkeypatch.setattr(throttle, "HELD", (0.0, 0.0))  # floods need not wait here
    made = create_app(Settings(data=str(tmp_path / "data"), body_timeout=0.5))
    async with made.test_app():
        yield made


@pytest.fixture
def ada(strict: Quart) -> Visitor:
    return visitor(strict, ADA)


@pytest.fixture
def mallory(strict: Quart) -> Visitor:
    return visitor(strict, MALLORY)


@pytest.fixture
async def room(ada: Visitor) -> dict[str, str]:
    """A room that ada opened: code, name, token."""
    created: dict[str, str] = await (await ada("POST", "/rooms", json={"name": "Ada"})).get_json()
    return created


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Server]:
    """A real server with every limit in force."""
    started = Server(tmp_path / "guarded", limits="on", body_timeout="1", leave_after="0.5").start()
    yield started
    if started.running:
        started.stop()
