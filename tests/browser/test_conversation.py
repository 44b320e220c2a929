"""Two people, curl and a reader of the stream in one room, while the network and the server come and go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ..serving import Server
from .people import Person, history
from .proxy import Proxy, refusal
from .reader import Reader

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("proxy"),  # before anyone arrives, for the network has to outlast them
]


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(server: Server) -> AsyncIterator[Proxy]:
    """The network between Grace and a server that may be restarted."""
    async with Proxy(server.port) as started:
        yield started


async def curl(url: str, text: str) -> None:
    """Post as curl does, under a name without a seat."""
    command = ("curl", "--silent", "--show-error", "--fail", "--header", "Name: deploybot", "--data", text, url)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0


@pytest_asyncio.fixture(loop_scope="session")
async def url(server: Server, ada: Person) -> str:
    """A room that Ada opened from the home page."""
    await ada.page.goto(server.url)
    await ada.page.get_by_label("Your name").fill("Ada")
    await ada.page.get_by_role("button", name="Create").click()
    await ada.hears("open")
    return ada.page.url


@pytest_asyncio.fixture(loop_scope="session")
async def reader(url: str) -> AsyncIterator[Reader]:
    async with Reader(url) as started:
        yield started


async def test_after_200_messages_and_a_lost_network_all_four_have_the_same_log(
    ada: Person, grace: Person, url: str, reader: Reader, server: Server, proxy: Proxy
) -> None:
    for person in (ada, grace):
        person.expects()  # the server restarts, and Grace's network fails
    await grace.follow(url.replace(server.url, proxy.url))
    await grace.mark()

    async def talk(*people: Person, lines: int) -> None:
        async def each(person: Person) -> None:
            for number in range(lines):
                await person.say(f"{person.name} {talked + number}")

        async def posts() -> None:
            for number in range(lines):
                await curl(url, f"deployed {talked + number}")

        talked = len([line for line in history(url) if line.kind == "message"])
        await asyncio.gather(posts(), *(each(person) for person in people))

    await talk(ada, grace, lines=20)  # 60

    proxy.refuses = True
    proxy.cut()
    await talk(ada, lines=25)  # 50
    await asyncio.to_thread(server.restart)
    await ada.hears("open", 2)
    await talk(ada, lines=15)  # 30
    proxy.answers.append(refusal("503 Service Unavailable", "<p>not yet</p>"))
    proxy.refuses = False
    await grace.comes_back()
    assert not proxy.answers
    await talk(ada, grace, lines=20)  # 60

    expected = history(url)
    assert len([line for line in expected if line.kind == "message"]) == 200
    assert [line.seq for line in expected] == list(range(1, len(expected) + 1))
    for person in (ada, grace):
        await person.reaches(expected[-1].seq)
        assert await person.log() == expected
    await reader.reaches(expected[-1].seq)
    assert reader.lines == expected
    assert await grace.marked(), "Grace's page was loaded again"

    for person in (ada, grace):
        await person.page.reload()
        await person.read_back()
        assert await person.log() == expected
