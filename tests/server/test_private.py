"""The contract with asyncio, h11 and Hypercorn: each private name is there, and without any of them all is answered."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any

import pytest

from chadchat.live.writers import AsgiWriter, FastWriter, writer_for
from chadchat.server import private
from chadchat.server.connection import Connection
from chadchat.server.one_write import send_whole
from chadchat.server.private import CONNECTIONS, NAMES, ONE_WRITE, STREAMS, Private, look_up
from chadchat.server.site import Standard

from ..sites import serving

EACH = [(use, owner, name) for use, owners in NAMES.items() for owner, names in owners.items() for name in names]
ASK = b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_every_name_is_there_in_the_pinned_versions(caplog: pytest.LogCaptureFixture) -> None:
    found = await look_up()

    assert caplog.messages == []
    assert (found.connection, found.uses) == (Connection, frozenset(NAMES))
    assert found.plain_transport is not None


async def ask(found: Private) -> tuple[type, type]:
    """Ask a site twice in one connection, then for a stream; the kinds of its connections and of its writer."""
    used: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/":
            await send_whole(scope, send, 200, [(b"content-length", b"4")], b"tea?")
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        writer = writer_for(scope, send)
        used.extend([type(*site._connections), type(writer)])
        writer.write(writer.frame(b"a stream"))
        writer.close()
        await writer.run(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async with serving(app, private=found) as site, asyncio.timeout(20):
        reader, writer = await site.connect()
        for _ in range(2):
            writer.write(ASK % b"/")
            assert (await reader.readuntil(b"tea?")).startswith(b"HTTP/1.1 200 ")
        writer.write(ASK % b"/stream")
        assert b"a stream" in await reader.readuntil(b"0\r\n\r\n")
        writer.close()
    return used[0], used[1]


async def test_with_every_name_the_short_ways_are_taken() -> None:
    assert await ask(await look_up()) == (Connection, FastWriter)


@pytest.mark.parametrize(("use", "owner", "name"), EACH)
async def test_without_a_name_its_use_goes_the_standard_way_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, use: str, owner: str, name: str
) -> None:
    has, objects = private.has, await private._owners()
    kind = type(objects[owner])
    monkeypatch.setattr(
        private, "has", lambda one, named: not (type(one) is kind and named == name) and has(one, named)
    )
    caplog.set_level(logging.WARNING)

    found = await look_up()

    lines = [line for line in caplog.messages if line.startswith(use)]
    assert len(lines) == 1
    assert f"{owner}.{name}" in lines[0]
    assert use not in found.uses
    streams = STREAMS in found.uses
    assert await ask(found) == (found.connection or Standard, FastWriter if streams else AsgiWriter)


@pytest.mark.parametrize("module", ["chadchat.server.connection", "hypercorn.protocol.h11", "h11._readers"])
async def test_without_a_module_the_standard_way_is_taken(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    found = await look_up()

    lost = {CONNECTIONS, ONE_WRITE, STREAMS} if found.connection is None else {private.RAW_PATHS}
    assert found.uses == frozenset(NAMES) - lost
    assert len(caplog.messages) == (2 if module == "hypercorn.protocol.h11" else 1), "two uses need its objects"
    assert (await ask(found))[0] is (found.connection or Standard)
