"""The whole application in the test's process: real SQLite file, rules, feeds and rendering. Only sockets are replaced.

A stream is an ASGI call with our own `receive` and `send`, so that a test can stop reading, read slowly or disconnect
at any byte. Other tests here use real sockets.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from quart import Quart
from quart.typing import TestAppProtocol

from chadchat.app import create_app
from chadchat.log.local import LocalLog
from chadchat.settings import Settings

from .sse import Parser

# A line of the log, as page and stream have it. The words of a message end at its first </div>, and
# it ends with its reactions: nobody can write one.
_LINE = re.compile(
    r'<li id="m-\d+" data-kind="message".*?</div>.*?<ul id="r-\d+".*?</ul></li>|'
    r'<li id="m-\d+" data-kind="(?!message).*?</time></li>',
    re.DOTALL,
)
_REACTIONS = re.compile(r'<ul id="r-(\d+)".*?</ul>', re.DOTALL)
# What a reply answers: a page looks it up, and a script puts it into a line that was streamed.
_ANSWERS = re.compile('<a class="answers".*?</a>', re.DOTALL)
_PRESSED = re.compile(' aria-pressed="(true|false)"')
_CHANGED = ' hx-swap-oob="outerMorph"'
_ASKED = re.compile(r'<div id="c-\d+" class="asked">.*?</div>', re.DOTALL)
_ANSWERED = re.compile(r'<div id="c-\d+" class="asked" hx-swap-oob="outerMorph">.*</div>$', re.DOTALL)
# The file of a message, which alone changes when it expires.
_ATTACHED = re.compile(r'<(\w+)[^>]* id="f-(\d+)".*?</\1>', re.DOTALL)
_SINCE = re.compile(r'hx-sse:connect="[^"]*since=([a-z0-9]{4}-\d+)["&]')


class Node:
    """The application, which can be closed and opened again on the same data."""

    def __init__(self, data: Path, **environment: str) -> None:
        self._data = data
        self._environment = {f"CHADCHAT_{name.upper()}": value for name, value in environment.items()}
        self._app: Quart
        self._running: TestAppProtocol

    async def start(self) -> None:
        """Open the data folder."""
        self._app = create_app(Settings.load({"CHADCHAT_LIMITS": "off", **self._environment}, data=str(self._data)))
        self._running = self._app.test_app()
        await self._running.startup()

    async def stop(self) -> None:
        """Close it, as a planned restart does."""
        await self._running.shutdown()

    @property
    def log(self) -> LocalLog:
        """The log, for what the server does by itself after months."""
        log: LocalLog = self._app.extensions["chadchat"].log
        return log

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """One request; the status and the body."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {} if body is None else {"json": body}  # `null` would be a body, and a program's
        if isinstance(body, bytes):
            given = {"data": body}
        answer = await self._app.test_client().open(path, method=method, headers=sent, **given)
        return answer.status_code, await answer.get_data(as_text=True)

    def stream(self, path: str, headers: Mapping[str, str], hear: Callable[[bytes], None]) -> Stream:
        """Open a stream."""
        return Stream(self._app, path, headers, hear)


class Stream:
    """One open stream. It takes at most `takes` bytes and then no more (None: all), and none while not `flowing`."""

    def __init__(self, app: Quart, path: str, headers: Mapping[str, str], hear: Callable[[bytes], None]) -> None:
        self.status = 0
        self.takes: int | None = None
        self.flowing = asyncio.Event()
        self.flowing.set()
        self._hear = hear
        self._gone = asyncio.Event()
        self._asked = False
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"localhost")] + [(k.lower().encode(), v.encode()) for k, v in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
            "extensions": {},
        }
        self.task = asyncio.ensure_future(app(scope, self._receive, self._send))  # type: ignore[arg-type]

    async def cut(self) -> None:
        """Go, without a word."""
        self.takes = 0
        self._gone.set()
        self.flowing.set()
        await self.task

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        await self.flowing.wait()
        chunk = message.get("body", b"")[: self.takes]
        if self.takes is not None:
            self.takes -= len(chunk)
        self._hear(chunk)


def page_of(html: str) -> tuple[list[str], str]:
    """The lines of a room's page, and the cursor that its stream starts from."""
    since = _SINCE.search(html)
    assert since, html[html.find("<ol") :][:2000]
    # Without a script the page marks what is the reader's own, which streams leave to each page.
    lines = [_ANSWERS.sub("", line.replace(' class="mine"', "", 1)) for line in _LINE.findall(html)]
    return [_PRESSED.sub("", line) for line in lines], since[1]


def seq_of(line: str) -> int:
    """The number of a line."""
    return int(line[len('<li id="m-') : line.index('" data-kind')])


class PageReader:
    """A browser: a page, and the fragments that its stream puts after it. One that is there already is left out."""

    def __init__(self, room: str, cookie: dict[str, str]) -> None:
        self.room = room
        self.cookie = cookie
        self.lines: list[str] = []
        self.stream: Stream | None = None
        self.news = asyncio.Event()
        self._last = ""
        self._since = ""

    async def load(self, node: Node) -> None:
        """Open the page."""
        self.lines, self._since = await self.fresh(node)
        self._last = ""

    async def fresh(self, node: Node) -> tuple[list[str], str]:
        """The page as it is now."""
        status, html = await node.ask("GET", f"/{self.room}?limit=500", Accept="text/html", **self.cookie)
        assert status == 200
        return page_of(html)

    def connect(self, node: Node) -> None:
        """Open the stream, or open it again as a browser does: the old address, and the id of the last event."""
        parser = Parser()

        def hear(chunk: bytes) -> None:
            for event in parser.feed(chunk):
                assert event.type != "reset"
                if event.type == "message":
                    self._last = event.id
                    self._put(event.data)
            self.news.set()

        last = {"Last-Event-ID": self._last} if self._last else {}
        self.stream = node.stream(f"/{self.room}/sse?as=html&since={self._since}", self.cookie | last, hear)

    @property
    def head(self) -> int:
        """The number of the newest event that has come."""
        return int((self._last or self._since).rpartition("-")[2])

    def _put(self, frame: str) -> None:
        """Add a line, or put a changed one in the place of what it was. One that is not shown is dropped."""
        if not frame:
            return
        frame = _ANSWERS.sub("", frame)
        if answered := _ANSWERED.search(frame):
            frame, given = frame[: answered.start()], answered[0].replace(_CHANGED, "")
            start = given[: given.index(" class")]
            self.lines = [
                _ASKED.sub(lambda asked: given if asked[0].startswith(f"{start} ") else asked[0], one)
                for one in self.lines
            ]
        line = frame.replace(_CHANGED, "", 1)
        shown = {seq_of(one): place for place, one in enumerate(self.lines)}
        if reactions := _REACTIONS.fullmatch(line):
            place = shown.get(int(reactions[1]))
            if place is not None:
                before = self.lines[place]
                self.lines[place] = before[: before.rindex(f'<ul id="r-{reactions[1]}"')] + line + "</li>"
            return
        if attached := _ATTACHED.fullmatch(line):
            place = shown.get(int(attached[2]))
            if place is not None:
                self.lines[place] = _ATTACHED.sub(lambda _: line, self.lines[place], count=1)
            return
        if line != frame and seq_of(line) in shown:
            self.lines[shown[seq_of(line)]] = line
        elif line == frame and seq_of(line) not in shown:
            self.lines.append(line)


class LineReader:
    """A program that follows NDJSON with its cursor. A line that was cut short is dropped."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.events: list[dict[str, Any]] = []
        self.stream: Stream | None = None
        self.news = asyncio.Event()

    def connect(self, node: Node) -> None:
        """Follow from the last event on."""
        rest = b""

        def hear(chunk: bytes) -> None:
            nonlocal rest
            *lines, rest = (rest + chunk).split(b"\n")
            self.events += [event for line in lines if "seq" in (event := json.loads(line))]
            self.news.set()

        since = self.events[-1]["cursor"] if self.events else "all"
        self.stream = node.stream(f"/{self.room}/json?since={since}", {}, hear)

    @property
    def head(self) -> int:
        """The number of the newest event."""
        return int(self.events[-1]["seq"]) if self.events else 0
