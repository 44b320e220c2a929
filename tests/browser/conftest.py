"""Fixtures: one Chromium for all browser tests, a context for each person, and one server that they share."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from ..serving import Server
from .people import Person, Room
from .proxy import Proxy

FLAGS = ("--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-component-update")

Arrive = Callable[..., Awaitable[Person]]


def chromium() -> str:
    """The path of the system's Chromium; preferably the headless shell, which takes half the CPU."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    assert found, "these tests need Chromium on the PATH: make setup-browser"
    return found


def flags() -> list[str]:
    """The command line flags. Chromium's sandbox does not work as root."""
    return [*FLAGS, "--disable-sync", *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium(), args=flags())
        yield started
        await started.close()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for tests that neither stop it nor look beyond their own room."""
    started = Server(tmp_path_factory.mktemp("shared") / "data").start()
    yield started
    started.stop()


@pytest.fixture
def room(shared: Server) -> Room:
    """A room that Grace has opened, and owns."""
    return shared.create()


@pytest_asyncio.fixture(loop_scope="session")
async def arrive(browser: Browser) -> AsyncIterator[Arrive]:
    """`await arrive("Ada")` opens a browser for a person. The test fails if any page had an unexpected error."""
    people: list[Person] = []

    async def come(name: str, **options: Any) -> Person:
        people.append(await Person.arrive(browser, name, **options))
        return people[-1]

    yield come
    for person in people:
        await person.context.close()
    assert [fault for person in people for fault in person.unexpected] == []


@pytest_asyncio.fixture(loop_scope="session")
async def ada(arrive: Arrive) -> Person:
    return await arrive("Ada")


@pytest_asyncio.fixture(loop_scope="session")
async def grace(arrive: Arrive) -> Person:
    return await arrive("Grace")


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(shared: Server) -> AsyncIterator[Proxy]:
    """A proxy to the server, whose network the test can take down."""
    async with Proxy(shared.port) as started:
        yield started
