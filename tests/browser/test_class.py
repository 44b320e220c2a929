"""A class behind one address opens the invitation within seconds: everybody is in, reads and writes. Six sit in
Chromium, the others are clients that load the page as browsers do, each over up to six connections that it keeps.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from ..reliability.client import Broken, Client
from ..serving import Server
from .conftest import Arrive
from .people import Room, history, post

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CLASS: Final = 60
IN_CHROMIUM: Final = 6
APART: Final = 0.1  # seconds from one arrival to the next
PATIENCE: Final = 110.0  # seconds for the whole; nothing waits for it to pass
LAST: Final = "everybody is here"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Server]:
    """With every limit of an address and a seat as it is by default. A room takes all posts at once, as those of ten
    seconds come at once where this machine has stood still.
    """
    started = Server(tmp_path / "school", limits="on", limit_room_posts=str(CLASS + 1)).start()
    yield started
    started.stop()


def said_by(number: int) -> str:
    return f"pupil {number} is here"


class Pupil:
    """A client like a browser. `heard` is what its page and then its stream brought of what was said, from the line
    `first` on, with which the page begins. `doing` is for the report of a test that takes too long.
    """

    def __init__(self, number: int, room: Room) -> None:
        self.number = number
        self.heard: set[str] = set()
        self.first = 0
        self.doing = "comes"
        self.wrote = asyncio.Event()
        self._room = f"/{room['code']}"
        self._url = room["url"]
        self._cookie = ""
        self._six = asyncio.Semaphore(6)
        self._clients: list[Client] = []
        self._idle: list[Client] = []

    async def attend(self) -> None:
        """Load everything, join, say one thing, and listen until the teacher speaks."""
        await self._load(await self._page(self._room))
        status, head, _ = await self._ask("POST", f"{self._room}/join", name=f"Pupil {self.number}")
        assert status == 303, head
        self._cookie = _header(head, "set-cookie").partition(";")[0]
        page = await self._page(self._room)
        await self._load(page)
        self.first = int(re.findall(r'id="m-(\d+)"', page)[0])
        self._hear(page)
        found = re.search(r'hx-sse:connect="([^"]+)"', page)
        assert found
        async with self._asked("GET", found[1].replace("&amp;", "&")) as (client, status, head):
            assert status == 200, head
            await self._say(said_by(self.number))
            self.wrote.set()
            self.doing = "listens"
            async for piece in client.body():
                self._hear(piece.decode())
                if LAST.encode() in piece:
                    break

    def leave(self) -> None:
        """Close what is open."""
        for client in self._clients:
            client.close()

    async def _say(self, text: str) -> None:
        status, _, body = await self._ask("POST", self._room, text=text, key=f"key-{self.number}")
        assert status == 204, body

    async def _page(self, address: str) -> str:
        status, _, page = await self._ask("GET", address)
        assert status == 200, page
        return page.decode()

    async def _load(self, page: str) -> None:
        """All that the page names, over the six connections."""
        files = re.findall(r'(?:src|href)="(/(?:static/|[A-Z]+/qr)[^"]+)"', page)
        assert files
        assert {status for status, *_ in await asyncio.gather(*(self._ask("GET", one) for one in files))} == {200}

    async def _ask(self, method: str, address: str, **form: str) -> tuple[int, list[str], bytes]:
        async with self._asked(method, address, **form) as (client, status, head):
            body = await client.rest(head)
            self._idle.append(client)
            return status, head, body

    @asynccontextmanager
    async def _asked(self, method: str, address: str, **form: str) -> AsyncIterator[tuple[Client, int, list[str]]]:
        """Ask over an idle connection, or a new one. Where the server has closed it before it answered with anything,
        it was idle for too long, and browsers ask again. A new connection must be answered.
        """
        self.doing = f"{method} {address}"
        body = urlencode(form).encode()
        headers = [f"Cookie: {self._cookie}", "Accept: text/html"]
        if form:
            headers += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
            headers += ["HX-Request: true"] if "key" in form else []
        async with self._six:
            while True:
                kept = bool(self._idle)
                client = self._idle.pop() if kept else self._connection()
                try:
                    await client.send(method, address, *headers, body=body)
                    status, head = await client.head()
                    break
                except Broken as broken:
                    client.close()
                    begun = isinstance(broken, asyncio.IncompleteReadError) and broken.partial
                    if begun or not kept:
                        raise
            yield client, status, head

    def _connection(self) -> Client:
        self._clients.append(Client(self._url))
        return self._clients[-1]

    def _hear(self, text: str) -> None:
        self.heard |= set(re.findall(r"pupil \d+ is here", text))


def _header(head: list[str], name: str) -> str:
    return next(line.partition(":")[2].strip() for line in head if line.startswith(f"{name}:"))


async def test_a_class_of_sixty_behind_one_address_is_in_reads_and_writes(school: Server, arrive: Arrive) -> None:
    room = school.create("Teacher")
    screens = [await arrive(f"Screen {number}") for number in range(IN_CHROMIUM)]
    pupils = [Pupil(number, room) for number in range(IN_CHROMIUM, CLASS)]
    written = [asyncio.Event() for _ in screens]

    async def sit(number: int) -> None:
        await asyncio.sleep(APART * CLASS / IN_CHROMIUM * number)
        await screens[number].follow(room["url"])
        await screens[number].write(said_by(number))
        await expect(screens[number].outbox).to_have_count(0, timeout=PATIENCE * 1000)
        written[number].set()

    async def come(pupil: Pupil) -> None:
        await asyncio.sleep(APART * pupil.number)
        await pupil.attend()

    try:
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            for task in (*map(sit, range(IN_CHROMIUM)), *map(come, pupils)):
                group.create_task(task)
            for wrote in (*written, *(pupil.wrote for pupil in pupils)):
                await wrote.wait()
            await asyncio.to_thread(post, room, LAST)
    except TimeoutError:
        pytest.fail(f"the class is not ready: {[(pupil.number, pupil.doing) for pupil in pupils]}")
    finally:
        for pupil in pupils:
            pupil.leave()

    lines = history(room["url"])
    said = {line.text: line.seq for line in lines if line.kind == "message" and line.text != LAST}
    assert sorted(line.text for line in lines if line.kind == "message") == sorted([*map(said_by, range(CLASS)), LAST])
    for pupil in pupils:
        assert pupil.heard == {text for text, seq in said.items() if seq >= pupil.first}
    for person in screens:  # a page begins with the newest lines, and misses none after them
        await person.reaches(lines[-1].seq)
        shown = await person.log()
        assert shown == [line for line in lines if line.seq >= shown[0].seq]
        await expect(person.page.locator("#status")).to_have_text("")
    assert "CHADCHAT_LIMIT" not in school.stderr.read_text(), "a limit was reached"
