"""Fixtures for all tests. People: ada (a member), grace (the owner of the room), mallory (an outsider)."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest
from quart import Quart
from quart.testing import QuartClient

from chadchat.app import create_app
from chadchat.domain import members, rooms
from chadchat.domain.members import Seat
from chadchat.domain.rooms import Room
from chadchat.log import local
from chadchat.log.local import LocalLog
from chadchat.settings import Settings

from .reusing import copied, new_folder, reused
from .serving import Server
from .waiting import PATIENCE


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Let servers keep their bytecode where the environment forbids it: to compile chadchat is a sixth of a start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_tls_context() -> Iterator[None]:
    """httpx reads every certificate of the world for each client, 30 ms; all that is asked here is plain HTTP."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def patient_httpx() -> Iterator[None]:
    """It gives an answer 5 seconds, which a loaded machine may need."""
    default = inspect.signature(httpx.get).parameters["timeout"].default
    with pytest.MonkeyPatch.context() as patch:
        for phase in ("connect", "read", "write", "pool"):
            patch.setattr(default, phase, PATIENCE)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_of_each() -> Iterator[None]:
    """Templates, addresses and static files are made for the first application; 150 ms of each further one's start."""
    with reused():
        yield


@pytest.fixture(scope="session", autouse=True)
def collected_seldom() -> Iterator[None]:
    """What is imported stays: the garbage collector, 8 % of the time, looks through what tests make, and less often."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.fixture(scope="session")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a first start leaves it, to be copied: the migrations take 40 ms and six syncs."""
    return asyncio.run(new_folder(tmp_path_factory.mktemp("new") / "data"))


@pytest.fixture
async def log(tmp_path: Path, new: Path) -> AsyncIterator[LocalLog]:
    opened = await LocalLog.open(copied(new, tmp_path / "data"))
    yield opened
    await opened.close()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that sets the clock which the log reads, and which limits the time of every event."""

    def says(moment: str) -> None:
        monkeypatch.setattr(local, "now", lambda: moment)

    return says


@pytest.fixture
async def grace(log: LocalLog) -> Seat:
    return await rooms.create(log, log.db, "Grace")


@pytest.fixture
async def room(log: LocalLog, grace: Seat) -> Room:
    return await rooms.find(log.db, grace.room)


@pytest.fixture
async def ada(log: LocalLog, grace: Seat) -> Seat:
    return await members.take_seat(log, grace.room, "Ada")


@pytest.fixture
async def app(tmp_path: Path, new: Path) -> AsyncIterator[Quart]:
    made = create_app(Settings(data=str(copied(new, tmp_path / "data")), body_timeout=0.5, limits="off"))
    async with made.test_app():
        yield made


@pytest.fixture
def client(app: Quart) -> QuartClient:
    """A client without cookies, which behaves like curl."""
    return cast(QuartClient, app.test_client())


@pytest.fixture
async def code(client: QuartClient) -> str:
    """The code of a room that Grace opened with curl."""
    answer = await client.post("/rooms", json={"name": "Grace"}, headers={"Accept": "*/*"})
    created = await answer.get_json()
    return str(created["code"])


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for every test that leaves it as it is: its start takes a second of work."""
    started = Server(tmp_path_factory.mktemp("standing") / "data", leave_after="0.5").start()
    yield started
    started.stop()


@pytest.fixture
def empty(tmp_path: Path, new: Path) -> Path:
    """A data folder in which no room is yet."""
    return copied(new, tmp_path / "data")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """One of the test's own, to stop, to start again and to break."""
    started = Server(tmp_path / "data", leave_after="0.5").start()
    yield started
    if started.running:
        started.stop()
