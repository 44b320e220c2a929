"""What a reader gets of a reaction, and of an edit before it, over HTTP by its cursor, in every format: from the
database, and from the ring of a feed that another reader keeps open.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from ..reliability.client import Client, read_until
from ..reliability.sse import Parser
from ..serving import Server

LAST = "that was all"


def of_sse(body: bytes) -> list[str]:
    return [event.data for event in Parser().feed(body) if event.type == "message" and event.data]


def of_lines(body: bytes) -> list[str]:
    return [line for line in body.decode().split("\n") if '"seq"' in line]


def of_text(body: bytes) -> list[str]:
    return [line for line in body.decode().split("\n") if line]


FORMATS: dict[str, tuple[str, Callable[[bytes], list[str]]]] = {
    "sse": ("sse?", of_sse),
    "html": ("sse?as=html&", of_sse),
    "ndjson": ("json?", of_lines),
    "text": ("raw?", of_text),
}


@pytest.mark.parametrize("kept_open", [False, True], ids=["database", "ring"])
async def test_a_reader_has_the_reactions_of_now_wherever_it_goes_on(standing: Server, kept_open: bool) -> None:
    room = standing.create()
    async with (
        httpx.AsyncClient(headers={"Authorization": f"Bearer {room['token']}"}, timeout=60) as client,
        AsyncExitStack() as stack,
    ):
        if kept_open:
            reader = stack.enter_context(Client(standing.url))
            await reader.send("GET", f"/{room['code']}/json")
            assert (await reader.head())[0] == 200
        said = (await client.post(room["url"], json={"text": "a secret"})).json()["seq"]
        message, epoch = f"{room['url']}/{said}", room["cursor"].partition("-")[0]
        for emoji in ("👍", "🎉"):
            assert (await client.post(f"{message}/reactions", json={"emoji": emoji})).status_code == 200
        assert (await client.patch(message, json={"text": "tea"})).status_code == 200
        assert (await client.delete(f"{message}/reactions/👍")).status_code == 200
        await client.post(room["url"], json={"text": LAST})
    mine, seqs = [room["member"]], range(said, said + 6)  # the message, two reactions, the edit, one back, the last
    shown = [{"🎉": mine}, {"👍": mine}, {"👍": mine, "🎉": mine}, None, {"🎉": mine}, None]
    changed = ["message", "react", "react", "edited", "react", "message"]
    for name, (path, parse) in FORMATS.items():
        for cursor in range(said - 1, said + 5):
            after = cursor + 1 - said
            body = await read_until(standing.url, f"/{room['code']}/{path}since={epoch}-{cursor}", LAST.encode())
            got = parse(body + b"\n\n")
            assert "secret" not in body.decode()
            if name == "html":
                assert [sort(frame, said) for frame in got] == changed[after:]
                assert [frame.count("<form") for frame in got] == [1, 1, 2, 2, 1, 0][after:]  # as of then, but the line
            elif name == "text":  # a terminal shows the edit, and no reaction
                assert sum("tea" in line for line in got) == [2, 1, 1, 1, 0, 0][after]
                assert "🎉" not in body.decode()
            else:
                events = [json.loads(event) for event in got]
                assert [event["seq"] for event in events] == list(seqs[after:])
                assert [event.get("all", event.get("reactions")) for event in events] == shown[after:]


def sort(frame: str, seq: int) -> str:
    """What a frame brings: a line, the counts of that message, or its line as it is now."""
    if frame.startswith(f'<ul id="r-{seq}"'):
        assert 'hx-swap-oob="outerMorph"' in frame
        return "react"
    if 'hx-swap-oob="outerMorph"' in frame:
        assert frame.startswith(f'<li id="m-{seq}"')
        return "edited"
    return "message"
