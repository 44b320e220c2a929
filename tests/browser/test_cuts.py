"""P4 in Chromium: streams that are cut in every way, under the shipped page and under a plain EventSource."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from itertools import chain
from pathlib import Path
from random import Random

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect

from ..reliability.conftest import Proved, proved
from ..reliability.proxy import FINE, Fault, FaultProxy, page
from ..reliability.scale import scale
from ..serving import Server
from .conftest import Arrive
from .people import Line, Person, Room, history, post

__all__ = ["proved"]  # a fixture

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

PATIENCE = 0.5  # seconds between heartbeats: a page gives a silent stream up after 2.5 of them
CUTS = scale(10, 250)  # for each of four readers
RESTARTS = scale(1, 10)
LOGIN = "<!doctype html><title>Sign in to the network</title>\ndata: forged\n\n<form><input name=password></form>"

# Chromium as its maker meant it, and what a page has to add: a connection that failed for good (any status but 200,
# any other type) or that fell silent is opened again by hand, from the last id.
NATIVE = """
([address, patience]) => {
  window.native = {seqs: [], resets: 0, byHand: 0};
  let source, silence, last = '';
  function open() {
    source?.close();
    source = new EventSource(`${address}?since=${last || 'all'}`);
    const alive = () => { clearTimeout(silence); silence = setTimeout(() => { native.byHand++; open(); }, patience); };
    source.onopen = alive;
    source.onmessage = event => {
      alive();
      last = event.lastEventId;
      native.seqs.push(Number(last.split('-')[1]));
    };
    source.addEventListener('reset', () => native.resets++);
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) { native.byHand++; setTimeout(open, 50); } else alive();
    };
  }
  open();
}
"""
# static/js/stream.js does the same when the browser says that the network is back.
IMPATIENT = "setInterval(() => document.querySelector('#log')?._htmx?.sse?.delayCanceller?.(), 200)"


class Network:
    """One reader's network. Its streams have one fault after the other; everything else goes through."""

    def __init__(self, server: Server, cuts: int, seed: int) -> None:
        random = Random(seed)  # noqa: S311
        kinds = [
            lambda: Fault(after=random.randint(1, 4000)),  # a reset, mostly in the middle of an event
            lambda: Fault(after=random.randint(1, 4000), then="end"),
            lambda: Fault(after=random.randint(400, 4000), then="silence"),  # half open
            lambda: Fault(after=random.randint(400, 1500), piece=random.randint(1, 7)),  # events split over packets
            lambda: page("502 Bad Gateway", "<h1>Bad gateway</h1>"),
            lambda: page("503 Service Unavailable", "<h1>Back soon</h1>"),
            lambda: page("204 No Content"),
            lambda: page("200 OK", LOGIN),
        ]
        script = [kinds[number % len(kinds)]() for number in range(cuts)]
        random.shuffle(script)
        self._script: Iterator[Fault] = chain([Fault(after=4000)], script)  # at first everyone has got in
        self.worn = asyncio.Event()
        self.cuts = asyncio.Semaphore(0)  # released by each
        self.away = False  # the server is, and no fault is wasted on streams that there are not
        self.proxy = FaultProxy(server.port, self._plan)

    def _plan(self, head: str) -> Fault:
        if "/sse?" not in head.split("\r\n")[0]:
            return FINE
        if self.away:
            return page("502 Bad Gateway")
        fault = next(self._script, FINE)
        if fault is FINE:
            self.worn.set()
        else:
            self.cuts.release()
        return fault


@pytest_asyncio.fixture(loop_scope="session")
async def networks(server: Server) -> AsyncIterator[list[Network]]:
    """Four of them, before anyone arrives: they have to outlast the pages."""
    made = [Network(server, CUTS, seed) for seed in range(4)]
    async with AsyncExitStack() as stack:
        for network in made:
            await stack.enter_async_context(network.proxy)
        yield made


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path / "data", limits="off", heartbeat=str(PATIENCE)).start()
    yield started
    started.stop()


async def chatter(room: Room) -> None:
    """Grace talks all the time, whether there is a server or not."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {room['token']}"}) as client:
        number = 0
        while True:
            try:
                await client.post(room["url"], json={"text": f"message {number}\n& <more> \u2028 of it"})
                number += 1
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.03)  # a load, not a flood


def until(last: int, lines: list[Line]) -> list[Line]:
    """Up to the last message: who is gone for a while leaves, and that is an event as well."""
    return [line for line in lines if line.seq <= last]


async def read_all(tab: Person, stored: list[Line]) -> None:
    """Load all that there is. The hidden tab has read nothing: it opens at its first message, with a gap below."""
    async with asyncio.timeout(20):
        while len(await tab.log()) < len(stored):
            await tab.read_back()
            await tab.fill_gap()


async def restart(server: Server, networks: list[Network]) -> None:
    for network in networks:
        network.away = True
    await asyncio.to_thread(server.restart)
    for network in networks:
        network.away = False


async def test_pages_that_are_cut_in_every_way_miss_nothing_and_show_nothing_twice(
    networks: list[Network], server: Server, arrive: Arrive, proved: Proved
) -> None:
    room = server.create()
    ada, grace = await arrive("Ada"), await arrive("Grace")
    for person in (ada, grace):
        person.expects(".*")  # every fault is a line on the console
    await ada.join(f"{networks[0].proxy.url}/{room['code']}")
    tabs = [ada, Person("Ada", await ada.context.new_page()), Person("Ada", await ada.context.new_page())]
    for tab, network in zip(tabs[1:], networks[1:], strict=False):
        await tab.page.goto(f"{network.proxy.url}/{room['code']}")
        await tab.hears("open")
    await tabs[2].hide(True)
    for tab in tabs:
        await tab.mark()
        await tab.page.evaluate(IMPATIENT)
    await grace.page.goto(f"{networks[3].proxy.url}/help")
    await grace.page.evaluate(NATIVE, [f"/{room['code']}/sse", PATIENCE * 4000])

    talking = asyncio.create_task(chatter(room))
    async with asyncio.timeout(scale(90, 1800)):
        for _ in range(RESTARTS):
            for _ in range(CUTS // (RESTARTS + 1)):
                await networks[0].cuts.acquire()
            await restart(server, networks)
        await asyncio.gather(*(network.worn.wait() for network in networks))
    talking.cancel()
    last = await asyncio.to_thread(post, room, "that was all")
    stored = until(last, await asyncio.to_thread(history, room["url"]))

    for tab in tabs:
        await expect(tab.page.locator(f"#m-{last}")).to_be_attached()
        assert until(last, await tab.log()) == stored
        assert await tab.marked(), "the page was never loaded anew"
        await tab.page.reload()
        await read_all(tab, stored)
        assert until(last, await tab.log()) == stored
    await grace.page.wait_for_function("last => native.seqs.at(-1) >= last", arg=last)
    native = json.loads(await grace.page.evaluate("JSON.stringify(native)"))
    assert [seq for seq in native["seqs"] if seq <= last] == [line.seq for line in stored]
    assert native["resets"] == 0
    proved(
        "P4",
        "three tabs of the page, one hidden, and EventSource in Chromium, cut in 8 ways, and restarts",
        cuts=len(networks) * (CUTS + 1),
        restarts=RESTARTS,
        events=len(stored) * 4,
        opened_again_by_hand=native["byHand"],
        gaps_and_doubles=0,
    )


@pytest.mark.parametrize(("cursor", "reason"), [("zzzz-1", "epoch"), ("{epoch}-999999", "ahead")])
async def test_event_source_is_told_to_start_over_when_its_cursor_cannot_be_honoured(
    server: Server, grace: Person, cursor: str, reason: str
) -> None:
    room = server.create()
    grace.expects("status of 404")
    await grace.page.goto(f"{server.url}/help")

    told = await grace.page.evaluate(
        "address => new Promise(done => new EventSource(address).addEventListener('reset', event => done(event.data)))",
        f"/{room['code']}/sse?since={cursor.format(epoch=room['cursor'][:4])}",
    )

    assert json.loads(told)["reason"] == reason
    await grace.page.goto("about:blank")
