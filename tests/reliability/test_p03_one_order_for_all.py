"""P3: every reader of a room sees the same order, numbered without a hole, in every format."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from ..serving import Server
from .client import Client, Crowd, history, read_until
from .conftest import Proved
from .scale import scale
from .sse import Parser

POSTERS = scale(20, 50)
EACH = scale(25, 1000)
LAST = "that was all"
READERS = 2  # of each format


async def post(url: str, room: str, name: int) -> None:
    with Client(url) as client:
        for number in range(EACH):
            status, answer = await client.post(f"/{room}", f"{name}:{number}")
            assert status == 201, answer


def of_sse(body: bytes) -> list[tuple[int, str]]:
    events = [json.loads(event.data) for event in Parser().feed(body) if event.type == "message"]
    return [(event["seq"], event["text"]) for event in events if event["kind"] == "message"]


def of_html(body: bytes) -> list[tuple[int, str]]:
    found = re.compile(r'<li id="m-(\d+)" data-kind="message".*<div class="text"[^>]*><p>(.*)</p></div>', re.DOTALL)
    lines = [found.match(event.data) for event in Parser().feed(body) if event.type == "message"]
    return [(int(line[1]), line[2]) for line in lines if line]


def of_ndjson(body: bytes) -> list[tuple[int, str]]:
    events = [json.loads(line) for line in body.decode().split("\n")[:-1]]
    return [(event["seq"], event["text"]) for event in events if event["kind"] == "message"]


def of_text(body: bytes) -> list[tuple[int, str]]:
    """A terminal shows no numbers: they are counted."""
    return list(
        enumerate(re.findall(r"^\d\d:\d\d anonymous \(not joined\): (.*)$", body.decode(), re.MULTILINE), start=3)
    )


FORMATS = {
    "sse?since=all": of_sse,
    "sse?as=html&since=all": of_html,
    "json?since=all": of_ndjson,
    "raw?since=all": of_text,
}


@pytest.mark.slow
async def test_every_reader_sees_every_message_once_and_in_the_order_of_the_log(tmp_path: Path, proved: Proved) -> None:
    server = Server(tmp_path / "data", limits="off").start()
    room = server.create()["code"]
    paths = [path for path in FORMATS for _ in range(READERS)]

    readers = [asyncio.create_task(read_until(server.url, f"/{room}/{path}", LAST.encode())) for path in paths]
    async with asyncio.timeout(600), Crowd(*readers):
        await asyncio.gather(*(post(server.url, room, name) for name in range(POSTERS)))
        with Client(server.url) as client:
            await client.post(f"/{room}", LAST)
        bodies = await asyncio.gather(*readers)
    events = [(event["seq"], event["text"]) for event in (await history(server.url, room))[2:]]
    server.stop()

    assert [seq for seq, _ in events] == list(range(3, POSTERS * EACH + 4))
    assert len({text for _, text in events}) == len(events)
    for path, body in zip(paths, bodies, strict=True):
        assert FORMATS[path](body) == events, path
    for name in range(POSTERS):
        mine = [text for _, text in events if text.startswith(f"{name}:")]
        assert mine == [f"{name}:{number}" for number in range(EACH)], "a poster's own order"
    proved("P3", f"{POSTERS} posters at once", messages=len(events), readers_in_4_formats=len(paths), violations=0)


@pytest.mark.parametrize("spoil", [lambda lines: lines[1:], lambda lines: [lines[1], lines[0], *lines[2:]]])
def test_a_stream_that_lacks_or_swaps_an_event_is_caught(spoil: object) -> None:
    assert callable(spoil)
    frames = [
        f'id: k3f9-{seq}\ndata: {{"kind":"message","seq":{seq},"text":"{seq}"}}\n\n'.encode() for seq in range(3, 9)
    ]

    assert of_sse(b"".join(frames)) == [(seq, str(seq)) for seq in range(3, 9)]
    assert of_sse(b"".join(spoil(frames))) != of_sse(b"".join(frames))
