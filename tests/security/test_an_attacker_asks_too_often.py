"""Requirement 9: posts, rooms, joins and streams are limited by seat and address, and other visitors not affected."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from quart import Quart, Response

from chadchat.node import Node
from chadchat.web import throttle
from chadchat.web.asgi import Connection
from chadchat.web.request import Request

from ..serving import Server
from .conftest import ADA, MALLORY, Visitor, visitor

CODES = [f"{first}{last}" for first in "ABCDEF" for last in "ABCDEF"]


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
async def test_whatever_is_asked_for_too_often_is_refused(
    strict: Quart, mallory: Visitor, ada: Visitor, accept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests, now = strict.extensions["chadchat"].limits._requests, time.monotonic()
    monkeypatch.setattr(requests, "_clock", lambda: now)  # or as many again may be asked while these are answered
    assert {requests.take(MALLORY) for _ in range(980)} == {0.0}
    answers = [await mallory("GET", "/help", headers={"Accept": accept}) for _ in range(40)]

    assert [answer.status_code for answer in answers[:20]] == [200] * 20
    said = await answers[-1].get_data(as_text=True)
    assert answers[-1].status_code == 429
    assert "Too many requests came from your address. Come back in 1 second." in said
    assert answers[-1].headers["Retry-After"] == "1"
    assert (await ada("GET", "/help")).status_code == 200


async def test_ten_posts_at_once_are_stored_and_the_next_must_wait(mallory: Visitor, room: dict[str, str]) -> None:
    answers = [await mallory("POST", f"/{room['code']}", data="spam") for _ in range(14)]

    assert [answer.status_code for answer in answers[:10]] == [201] * 10
    last = answers[-1]
    assert (last.status_code, last.headers["Retry-After"]) == (429, "1")
    assert (await last.get_json())["code"] == "too_many_posts"


async def test_a_seat_has_a_measure_of_its_own(mallory: Visitor, ada: Visitor, room: dict[str, str]) -> None:
    for _ in range(12):
        await mallory("POST", f"/{room['code']}", data="spam")

    seat = {"Authorization": f"Bearer {room['token']}"}
    answers = [await mallory("POST", f"/{room['code']}", data="tea?", headers=seat) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429]


async def test_many_addresses_cannot_fill_a_room(strict: Quart, room: dict[str, str]) -> None:
    said = [
        await (await visitor(strict, f"198.51.100.{number}")("POST", f"/{room['code']}", data="spam")).get_json()
        for number in range(40)
    ]

    stored = [answer for answer in said if answer.get("kind") == "message"]
    assert 20 <= len(stored) < 35
    assert said[-1]["code"] == "room_busy"


async def test_the_text_of_a_refused_post_is_kept(mallory: Visitor, ada: Visitor, room: dict[str, str]) -> None:
    page = {"Cookie": f"chad-{room['code']}={room['token']}", "Accept": "text/html"}
    for _ in range(10):
        await ada("POST", f"/{room['code']}", form={"text": "tea?"}, headers=page)

    refused = await ada("POST", f"/{room['code']}", form={"text": "a long thought"}, headers=page)
    shown = await refused.get_data(as_text=True)
    assert (refused.status_code, refused.headers["Content-Type"]) == (429, "text/html; charset=utf-8")
    assert ">a long thought</textarea>" in shown
    assert "faster than anyone can read" in shown

    fragment = await ada("POST", f"/{room['code']}", form={"text": "x"}, headers=page | {"HX-Request": "true"})
    assert fragment.status_code == 429
    assert 'data-code="too_many_posts"' in await fragment.get_data(as_text=True)


async def test_refusals_are_pages_for_people_and_lines_for_floods(ada: Visitor, room: dict[str, str]) -> None:
    page = {"Cookie": f"chad-{room['code']}={room['token']}", "Accept": "text/html"}
    answers = [await ada("POST", f"/{room['code']}", form={"text": "x"}, headers=page) for _ in range(40)]

    kinds = [answer.headers["Content-Type"].partition(";")[0] for answer in answers if answer.status_code == 429]
    assert kinds[0] == "text/html"
    assert kinds[-1] == "application/json"


async def test_ten_rooms_are_opened_and_a_mistyped_name_counts_for_nothing(mallory: Visitor) -> None:
    for _ in range(8):
        assert (await mallory("POST", "/rooms", json={"name": ""})).status_code == 422
    answers = [await mallory("POST", "/rooms", json={"name": "Mallory"}) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [201] * 10 + [429]
    assert (await answers[-1].get_json())["code"] == "too_many_rooms"
    form = {"name": "Mallory", "create": "1"}
    page = await mallory("POST", "/", form=form, headers={"Accept": "text/html"})
    assert page.status_code == 429
    assert 'value="Mallory"' in await page.get_data(as_text=True)


async def test_a_crowd_that_joins_from_one_address_is_slowed_down(mallory: Visitor, room: dict[str, str]) -> None:
    answers = [await mallory("POST", f"/{room['code']}/join", json={"name": f"Mallory {n}"}) for n in range(210)]

    assert {answer.status_code for answer in answers[:200]} == {201}
    assert answers[-1].status_code == 429
    assert (await answers[-1].get_json())["code"] == "too_many_joins"


async def test_the_passphrase_of_a_room_is_changed_only_so_often(ada: Visitor, room: dict[str, str]) -> None:
    headers = {"Accept": "*/*", "Authorization": f"Bearer {room['token']}"}

    async def change(number: int) -> Response:
        sent = {"lock": "passphrase", "passphrase": f"correct horse {number}"}
        return await ada("POST", f"/{room['code']}/settings", json=sent, headers=headers)

    answers = await asyncio.gather(*map(change, range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429] * 3
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert (await refused.get_json())["code"] == "too_many_passphrases"
    assert int(refused.headers["Retry-After"]) <= 30
    other = await ada("POST", f"/{room['code']}/settings", json={"title": "Tea"}, headers=headers)
    assert other.status_code == 200


@pytest.fixture
def narrow(tmp_path: Path) -> Server:
    return Server(
        tmp_path / "narrow", limits="on", limit_streams="3", limit_seat_streams="2", limit_all_streams="4"
    ).start()


def test_streams_are_counted_while_they_are_open(narrow: Server) -> None:
    room, chunks = narrow.create(), list[Iterator[bytes]]()
    seat = {"Authorization": f"Bearer {room['token']}"}

    def client(address: str) -> httpx.Client:
        return httpx.Client(base_url=narrow.url, transport=httpx.HTTPTransport(local_address=address), timeout=60)

    def status(who: httpx.Client, headers: dict[str, str] | None = None) -> tuple[int, str]:
        with who.stream("GET", f"/{room['code']}/raw", headers=headers) as answer:
            return answer.status_code, answer.headers.get("Retry-After", "")

    try:
        with client("127.0.0.1") as mallory, client("127.0.0.2") as ada, client("127.0.0.3") as grace:
            with ExitStack() as streams:

                def follow(who: httpx.Client, headers: dict[str, str] | None = None) -> None:
                    opened = streams.enter_context(who.stream("GET", f"/{room['code']}/sse", headers=headers))
                    assert opened.status_code == 200
                    chunks.append(opened.iter_raw())  # kept: httpx closes what nobody iterates
                    next(chunks[-1])  # it is counted once its first bytes are here

                follow(ada, seat)
                follow(ada, seat)
                assert status(ada, seat) == (429, "20")
                follow(mallory)
                assert status(mallory)[0] == 200
                follow(mallory)
                assert status(grace) == (503, "20")
            with ThreadPoolExecutor(4) as pool:  # the places are free again as soon as the server hears of it
                while {*pool.map(lambda who: status(who)[0], [ada, grace])} != {200}:
                    continue
            with ExitStack() as streams:
                for _ in range(3):
                    follow(mallory)
                assert status(mallory) == (429, "20")
    finally:
        narrow.stop()


def test_a_flood_waits_for_its_refusals_and_the_server_still_ends_in_time(guarded: Server) -> None:
    code = guarded.create()["code"]
    with httpx.Client(base_url=guarded.url, timeout=60) as mallory:
        start = time.monotonic()
        for _ in range(20):
            mallory.post(f"/{code}", content="spam")
        assert time.monotonic() - start < throttle.HELD[0]  # ten posts and ten refusals, at once
        answers = [mallory.post(f"/{code}", content="spam") for _ in range(3)]
        assert time.monotonic() - start > throttle.HELD[0]
        assert 429 in {answer.status_code for answer in answers}
    waiting = [socket.create_connection(("127.0.0.1", int(guarded.port))) for _ in range(20)]
    for wire in waiting:
        wire.sendall(f"POST /{code} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nspam".encode())
    start = time.monotonic()
    assert guarded.stop() == 0
    assert time.monotonic() - start < 2
    for wire in waiting:
        wire.close()


async def test_what_a_flood_asks_at_once_is_refused_one_after_the_other(
    strict: Quart, room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # floods do wait
    node: Node = strict.extensions["chadchat"]
    scope = {"method": "POST", "path": f"/{room['code']}", "client": (MALLORY, 1), "headers": [], "http_version": "1.1"}
    for _ in range(10):
        node.limits.post(room["code"], MALLORY)
    refusals = [await throttle.refusal(node, scope) for _ in range(20)]
    others = await throttle.refusal(node, scope | {"client": (ADA, 1)})

    assert others is None
    assert [round(refusal[1]) for refusal in refusals if refusal] == [0] * 10 + [2, 2, 3, 4, 5, 6, 7, 8, 8, 8]


async def test_whoever_asks_is_told_the_limits_beforehand(ada: Visitor) -> None:
    shown = await (await ada("GET", "/help", headers={"Accept": "text/html"})).get_data(as_text=True)

    assert "<dt>Posts</dt><dd>10 at once, then 1 a second" in shown
    assert "<dt>New rooms</dt><dd>10 at once, then 1 every 60 seconds" in shown
    assert "<dt>Open streams</dt><dd>30 from one address, more while there is room; 6 with one seat" in shown


@pytest.mark.parametrize("path", ["/ZZ{}", "/nothing/at/all"])
async def test_what_is_refused_leaves_nothing_for_the_collector(mallory: Visitor, path: str) -> None:
    gc.collect()
    gc.disable()
    try:
        seen = {(await mallory("GET", path.format(code))).status_code for code in CODES}
        left = Counter(type(one) for one in gc.get_objects() if issubclass(type(one), Connection | Request))
    finally:
        gc.enable()

    assert seen == ({404, 429} if path == "/ZZ{}" else {404})
    assert left == Counter()
