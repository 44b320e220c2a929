"""Owners' acts take effect within a second: on open streams, on replays and on posts, for pages and for programs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import httpx
import pytest

from ..serving import Server

AT_ONCE: Final = 1.0  # second
STREAMS: Final = ("sse", "sse?as=html", "json", "raw")


class Owned:
    """A room of Grace's on a real server, with Ada in it and Mallory outside, each reading in every format."""

    def __init__(self, http: httpx.AsyncClient, room: dict[str, str]) -> None:
        self.http = http
        self.code = room["code"]
        self.grace = {"Authorization": f"Bearer {room['token']}"}
        self.ada: dict[str, str] = {}
        self.member = ""

    async def grant(self) -> None:
        seat = (await self.http.post(f"/{self.code}/join", data={"name": "Ada"})).json()
        self.ada, self.member = {"Authorization": f"Bearer {seat['token']}"}, seat["member"]

    async def act(self, method: str, path: str, **fields: str) -> dict[str, Any]:
        answer = await self.http.request(method, f"/{self.code}{path}", data=fields or None, headers=self.grace)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def say(self, text: str, who: dict[str, str] | None = None) -> int:
        answer = await self.http.post(f"/{self.code}", data={"text": text}, headers=who or {})
        return answer.status_code

    @asynccontextmanager
    async def reading(self, who: dict[str, str]) -> AsyncIterator[list[asyncio.Task[str]]]:
        """Open streams in every format; each task ends with what its stream brought, when the server ends it."""
        async with AsyncExitStack() as stack:
            tasks = []
            for path in STREAMS:
                stream = await stack.enter_async_context(self.http.stream("GET", f"/{self.code}/{path}", headers=who))
                assert stream.status_code == 200
                chunks = stream.aiter_text()
                await anext(chunks)  # it is open
                tasks.append(asyncio.create_task(_rest(chunks)))
            try:
                yield tasks
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def _rest(chunks: AsyncIterator[str]) -> str:
    return "".join([chunk async for chunk in chunks])


@pytest.fixture
async def owned(standing: Server) -> AsyncIterator[Owned]:
    async with httpx.AsyncClient(base_url=standing.url, timeout=60) as http:
        made = Owned(http, standing.create())
        await made.grant()
        yield made


async def end_at_once(tasks: list[asyncio.Task[str]], reason: str) -> None:
    async with asyncio.timeout(AT_ONCE):
        sse, html, lines, text = await asyncio.gather(*tasks)
    assert f'"reason":"{reason}"' in sse
    assert "event: end\n" in html
    assert json.loads(lines.splitlines()[-1])["kind"] == "end"
    assert text.splitlines()[-1].startswith("-- ")


async def kick(owned: Owned) -> None:
    await owned.act("DELETE", f"/people/{owned.member}")


async def ban(owned: Owned) -> None:
    await owned.act("POST", "/bans", member=owned.member)


@pytest.mark.parametrize("act", [kick, ban])
async def test_a_seat_that_is_ended_ends_its_streams_its_posts_and_its_replays(
    owned: Owned, act: Callable[[Owned], Awaitable[None]]
) -> None:
    async with owned.reading(owned.ada) as hers, owned.reading(owned.grace) as others:
        await act(owned)
        await end_at_once(hers, act.__name__)
        assert not any(task.done() for task in others)  # and nobody else's

    assert await owned.say("still here?", owned.ada) == 401
    for path in (*STREAMS, "sse?since=all&poll=1", "people"):
        refused = await owned.http.get(f"/{owned.code}/{path}", headers=owned.ada)
        assert refused.status_code == 401


async def test_a_ban_ends_what_is_read_and_posted_without_a_seat_from_that_address_but_not_other_seats(
    owned: Owned,
) -> None:
    async with owned.reading({}) as outside, owned.reading(owned.grace) as seated:
        await ban(owned)
        await end_at_once(outside, "ban")
        assert not any(task.done() for task in seated)

    for path in ("", "/sse", "/json?since=all&poll=1", "/people"):
        refused = await owned.http.get(f"/{owned.code}{path}")
        assert (refused.status_code, "banned" in refused.text) == (403, True)
    assert await owned.say("me again") == 403
    assert (await owned.http.post(f"/{owned.code}/join", data={"name": "Somebody"})).json()["code"] == "banned"
    assert await owned.say("hello", owned.grace) == 201


@pytest.mark.parametrize("lock", ["passphrase", "approval"])
async def test_a_lock_shuts_out_who_has_no_seat_and_says_nothing_of_the_room(owned: Owned, lock: str) -> None:
    async with owned.reading({}) as outside, owned.reading(owned.ada) as seated:
        await owned.act("POST", "/settings", lock=lock, passphrase="correct horse")
        await end_at_once(outside, "room")
        assert not any(task.done() for task in seated)

    for accept in ("*/*", "application/json", "text/html"):
        for path in ("", "/people", "/1", "/qr.svg", "/sse", "/json?since=all&poll=1", "/knocks/1", "/settings"):
            locked = await owned.http.get(f"/{owned.code}{path}", headers={"Accept": accept})
            nowhere = await owned.http.get(f"/ZZZZ{path}", headers={"Accept": accept})
            shown = nowhere.text
            for between in ("", ", ", " ", "</span><span>"):
                shown = shown.replace(between.join("ZZZZ"), between.join(owned.code))
            assert (locked.status_code, locked.text) == (404, shown)
    assert await owned.say("let me in") == 404
    assert await owned.say("hello", owned.ada) == 201


async def test_a_link_that_is_revoked_ends_the_streams_it_opened(owned: Owned) -> None:
    await owned.act("POST", "/settings", lock="passphrase", passphrase="correct horse")
    link = await owned.act("POST", "/links", kind="read")
    holder = {"Authorization": f"Bearer {link['token']}"}

    async with owned.reading(holder) as read, owned.reading(owned.ada) as seated:
        await owned.act("DELETE", f"/links/{link['id']}")
        await end_at_once(read, "unlink")
        assert not any(task.done() for task in seated)

    assert (await owned.http.get(f"/{owned.code}", headers=holder)).status_code == 404


async def test_a_new_code_ends_every_stream_and_only_those_with_a_seat_learn_it(owned: Owned) -> None:
    async with owned.reading({}) as outside, owned.reading(owned.ada) as seated:
        new = (await owned.act("POST", "/code"))["code"]
        await end_at_once(outside, "move")
        await end_at_once(seated, "move")
        assert not any(new in task.result() for task in outside)
        assert all(
            f'"moved":"{new}"' in task.result() or f"-- This room is {new} now." in task.result() for task in seated
        )

    for path in ("", "/sse", "/people"):
        gone = await owned.http.get(f"/{owned.code}{path}", headers={"Accept": "application/json"})
        assert (gone.status_code, gone.json()["code"], new in gone.text) == (410, "room_moved", False)
    known = await owned.http.get(f"/{owned.code}", headers={**owned.ada, "Accept": "application/json"})
    assert (known.status_code, new in known.text) == (410, True)
    cookie = {"Cookie": f"chad-{owned.code}={owned.ada['Authorization'].split()[1]}", "Accept": "text/html"}
    led = await owned.http.get(f"/{owned.code}", headers=cookie)
    assert (led.status_code, led.headers["Location"], f"chad-{new}=" in str(led.headers)) == (303, f"/{new}", True)
    assert (await owned.http.get(f"/{new}", headers=owned.ada)).status_code == 200


async def test_a_removed_message_is_gone_from_replays_streams_and_pages(owned: Owned) -> None:
    seq = (await owned.act("POST", "", text="the secret is 42"))["seq"]
    async with owned.http.stream("GET", f"/{owned.code}/sse?as=html", headers=owned.grace) as stream:
        chunks = stream.aiter_text()
        await anext(chunks)
        await owned.act("DELETE", f"/{seq}")
        async with asyncio.timeout(AT_ONCE):
            brought = ""
            while f'id="m-{seq}"' not in brought:
                brought += await anext(chunks)
        assert 'hx-swap-oob="outerMorph"' in brought
    for path in ("", f"/{seq}", "/sse?since=all&poll=1", "/json?since=all&poll=1", "/raw?since=all&poll=1"):
        for accept in ("*/*", "application/json"):
            shown = await owned.http.get(f"/{owned.code}{path}", headers={**owned.ada, "Accept": accept})
            assert (shown.status_code, "secret" in shown.text) == (200, False)
            assert "Grace" in shown.text


async def test_a_reader_who_comes_back_gets_a_removed_message_without_its_words(owned: Owned) -> None:
    """The ring of an open feed forgets them as well."""
    async with owned.reading(owned.grace):
        said = await owned.act("POST", "", text="the secret is 42")
        epoch, seq = said["cursor"].split("-")
        await owned.act("DELETE", f"/{seq}")
        back = {**owned.ada, "Last-Event-ID": f"{epoch}-{int(seq) - 1}"}
        async with owned.http.stream("GET", f"/{owned.code}/json", headers=back) as stream:
            brought: list[dict[str, Any]] = []
            async with asyncio.timeout(AT_ONCE):
                async for line in stream.aiter_lines():
                    brought.append(json.loads(line))
                    if brought[-1]["kind"] == "remove":
                        break

    tombstone = next(event for event in brought if event.get("seq") == int(seq))
    assert (tombstone["text"], tombstone["removed_by"]) == (None, "Grace")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [({"read_only": "on"}, 403, "room_read_only"), ({"slow": "600"}, 429, "slow_mode")],
)
async def test_read_only_and_slow_mode_hold_for_the_next_post_already(
    owned: Owned, fields: dict[str, str], status: int, code: str
) -> None:
    await owned.act("PATCH", "/settings", **fields)
    if "slow" in fields:
        assert await owned.say("one", owned.ada) == 201

    refused = await owned.http.post(f"/{owned.code}", data={"text": "two"}, headers=owned.ada)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert await owned.say("owners may", owned.grace) == await owned.say("always", owned.grace) == 201


async def test_a_mute_holds_at_once_and_is_lifted_at_once(owned: Owned) -> None:
    await owned.act("POST", "/mutes", **{"member": owned.member, "for": "10m"})
    assert await owned.say("mmm", owned.ada) == 403
    assert (await owned.http.get(f"/{owned.code}", headers=owned.ada)).status_code == 200

    await owned.act("DELETE", f"/mutes/{owned.member}")
    assert await owned.say("thank you", owned.ada) == 201


async def test_closing_ends_every_stream_and_every_seat(owned: Owned) -> None:
    async with owned.reading({}) as outside, owned.reading(owned.ada) as seated:
        await owned.act("DELETE", "")
        async with asyncio.timeout(AT_ONCE):
            await asyncio.gather(*outside, *seated)

    for who in ({}, owned.ada, owned.grace):
        for path in ("", "/json?since=all&poll=1", "/settings"):
            closed = await owned.http.get(f"/{owned.code}{path}", headers={**who, "Accept": "application/json"})
            assert (closed.status_code, closed.json()["code"]) == (410, "room_closed")
        assert await owned.say("anyone?", who) == 410


async def test_a_form_without_a_seat_learns_nothing_of_a_locked_room(owned: Owned) -> None:
    await owned.act("POST", "/settings", lock="passphrase", passphrase="correct horse")
    for headers in ({"HX-Request": "true"}, {"Accept": "text/html"}):
        locked = await owned.http.post(f"/{owned.code}", data={"text": "let me in"}, headers=headers)
        nowhere = await owned.http.post("/ZZZZ", data={"text": "let me in"}, headers=headers)
        assert (locked.status_code, locked.text) == (404, nowhere.text.replace("ZZZZ", owned.code))
        assert (await owned.http.post(f"/{owned.code}", data={"text": "hi"}, headers=owned.ada)).status_code == 201
