"""The libraries with which programs follow a stream: over three restarts and a silence none misses an event, gets one
twice, or is handed an empty one. The first restart is before anything is said."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from httpx_sse import aconnect_sse
from playwright.async_api import async_playwright

from chadchat.domain import messages
from chadchat.domain.messages import Draft
from chadchat.log.local import LocalLog

from ..browser.conftest import chromium, flags
from ..serving import Server
from ..waiting import until
from .scale import scale

pytestmark = pytest.mark.slow

HERE: Final = Path(__file__).parent / "clients"
# sseclient takes the end of each answer for that of an empty event: docs/clients.md.
EMPTY: Final = {"sseclient": 3}
POLYFILL: Final = HERE / "node_modules" / "event-source-polyfill" / "src" / "eventsource.js"
LIBRARIES: Final = ["eventsource", "fetch-event-source"]
MORE: Final = [
    *("eventsource-2", "eventsource-4", "eventsource-5", "eventsource-client", "eventsource-parser"),
    *("extended-eventsource", "reconnecting-eventsource", "undici"),
]
OF_PYTHON: Final = ["aiohttp-sse-client", "aiohttp-sse-client2", "requests-sse", "sseclient", "sseclient-py"]
PYTHON: Final = HERE.parents[2] / ".venv-clients" / "bin" / "python"  # as the Makefile makes it for `make torture`
FOLLOW: Final = """([url, name]) => {
  window.got = [];
  const source = new window[name](url);
  source.onmessage = event => window.got.push({event: 'message', data: event.data});
  for (const name of ['open', 'reset', 'people', 'cursor', 'bye', 'end'])
    source.addEventListener(name, ({data}) => data !== undefined && window.got.push({event: name, data}));
}"""

Got = list[dict[str, str]]


class Reader:
    """A client and what its library has handed over so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.got: Got = []

    def count(self, event: str) -> int:
        return sum(one["event"] == event for one in self.got)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(one["data"]) for one in self.got if one["event"] == "message" and one["data"]]

    @property
    def empty(self) -> Got:
        return [one for one in self.got if not one["data"]]

    @property
    def texts(self) -> list[str]:
        return [event["text"] for event in self.events if event["kind"] == "message"]


def library(name: str, url: str) -> AbstractAsyncContextManager[Reader]:
    """A library of npm in a process of Node."""
    node = shutil.which("node")
    assert node, "make test installs it: tests/setup-browser.sh"
    return printed(name, node, "client.mjs", url)


def of_python(name: str, url: str) -> AbstractAsyncContextManager[Reader]:
    """A library of PyPI in a process of Python with an environment of its own."""
    assert PYTHON.exists(), "make torture installs it"
    return printed(name, str(PYTHON), "client.py", url)


@asynccontextmanager
async def printed(name: str, interpreter: str, script: str, url: str) -> AsyncIterator[Reader]:
    """What a library hands over in a process that prints it."""
    reader, command = Reader(name), [interpreter, str(HERE / script), name, url]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None

    async def read(lines: asyncio.StreamReader) -> None:
        async for line in lines:
            reader.got.append(json.loads(line))

    async with running(read(process.stdout)):
        yield reader
    process.kill()
    await process.wait()


@asynccontextmanager
async def httpx_sse(url: str) -> AsyncIterator[Reader]:
    reader = Reader("httpx-sse")

    async def follow() -> None:
        last, retry = "", 1.0
        async with httpx.AsyncClient(timeout=None) as http:  # noqa: S113 - a stream has no end
            while True:
                headers = {"Last-Event-ID": last} if last else {}
                with suppress(httpx.TransportError):
                    async with aconnect_sse(http, "GET", url, headers=headers) as source:
                        async for event in source.aiter_sse():
                            last, retry = event.id or last, (event.retry or retry * 1000) / 1000
                            reader.got.append({"event": event.event, "data": event.data})
                await asyncio.sleep(retry)

    async with running(follow()):
        yield reader


@asynccontextmanager
async def curl(url: str) -> AsyncIterator[Reader]:
    """`curl -N` in a loop that keeps the id, and takes each blank line for the end of an event."""
    reader = Reader("curl")

    async def follow() -> None:
        last, retry = "", 1.0
        while True:
            given = ["-H", f"Last-Event-ID: {last}"] if last else []
            process = await asyncio.create_subprocess_exec("curl", "-sSN", *given, url, stdout=asyncio.subprocess.PIPE)
            assert process.stdout is not None
            try:
                found = {"event": "message", "data": ""}
                async for line in process.stdout:
                    field, _, value = line.decode().rstrip("\n").partition(": ")
                    match field:
                        case "id":
                            last = value
                        case "retry":
                            retry = int(value) / 1000
                        case "event" | "data":
                            found[field] = value
                        case "":
                            reader.got.append(found)
                            found = {"event": "message", "data": ""}
            finally:
                if process.returncode is None:
                    process.kill()
                await process.wait()
            await asyncio.sleep(retry)

    async with running(follow()):
        yield reader


@asynccontextmanager
async def in_chromium(origin: str, url: str, name: str) -> AsyncIterator[Reader]:
    """Chromium's own EventSource, or event-source-polyfill, which sends its last id in the address only."""
    reader = Reader(name)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=flags())
        page = await browser.new_page()
        await page.goto(f"{origin}/help")
        if name == "EventSourcePolyfill":
            await page.evaluate(POLYFILL.read_text())
        await page.evaluate(FOLLOW, [url, name])

        async def read() -> None:
            while True:
                reader.got[:] = await page.evaluate("window.got")
                await asyncio.sleep(0.05)

        async with running(read()):
            yield reader
        await browser.close()


@asynccontextmanager
async def running(work: Any) -> AsyncIterator[None]:
    """Do the work beside the block; its error is the block's."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()):
            raise error


async def silence(url: str) -> None:
    """Wait for four heartbeats."""
    async with httpx.AsyncClient(timeout=60) as http, http.stream("GET", f"{url}/json") as stream:
        left = 4
        async for line in stream.aiter_lines():
            left -= json.loads(line)["kind"] == "heartbeat"
            if not left:
                return


async def write(data: Path, code: str, texts: list[str]) -> None:
    """Store messages while no server runs, and so no reader can hear them."""
    log = await LocalLog.open(data)
    try:
        for text in texts:
            await messages.post(log, code, None, Draft(text))
    finally:
        await log.close()


def opened(times: int, reader: Reader) -> bool:
    return reader.count("open") == times


def heard_last(text: str, reader: Reader) -> bool:
    return reader.texts[-1:] == [text]


async def all_of(readers: list[Reader], done: Callable[[Reader], bool]) -> None:
    """Wait until each reader is so far; an error names those that are not."""
    try:
        await until(lambda: all(map(done, readers)))
    except AssertionError:
        raise AssertionError({one.name: one.got[-2:] for one in readers if not done(one)}) from None


async def test_no_library_misses_an_event_gets_one_twice_or_is_handed_an_empty_one(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        held = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=4096))
        server = Server(tmp_path / "data", held=held, heartbeat="0.25").start()
        room = server.create()
        url, said = f"{room['url']}/sse", [f"text {number}" for number in range(9)]
        clients: list[AbstractAsyncContextManager[Reader]]
        clients = [httpx_sse(url), curl(url), in_chromium(server.url, url, "EventSource")]
        clients += [library(name, url) for name in LIBRARIES + MORE[: scale(0, len(MORE))]]
        clients += [of_python(name, url) for name in OF_PYTHON[: scale(0, len(OF_PYTHON))]]
        clients += [in_chromium(server.url, url, "EventSourcePolyfill")] * scale(0, 1)
        readers = [await stack.enter_async_context(one) for one in clients]

        for round in range(3):
            await all_of(readers, partial(opened, round + 1))
            await silence(room["url"])
            await asyncio.to_thread(server.stop)
            *unheard, heard = said[3 * round : 3 * round + 3]
            await write(server.data, room["code"], unheard)
            await asyncio.to_thread(server.start)
            await all_of(readers, partial(opened, round + 2))
            async with httpx.AsyncClient(timeout=60) as http:
                (await http.post(room["url"], content=heard)).raise_for_status()
            await all_of(readers, partial(heard_last, heard))

    server.stop()
    assert {reader.name: reader.texts for reader in readers} == {reader.name: said for reader in readers}
    for reader in readers:
        seqs = [event["seq"] for event in reader.events]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), reader.name
        assert len(reader.empty) <= EMPTY.get(reader.name, 0), reader.name
        assert reader.count("reset") == 0, reader.name
