"""Requirement 2: guessing codes finds nothing, and costs those who sit in a room nothing."""

from __future__ import annotations

import asyncio
import re
import string
from collections import Counter
from itertools import product
from typing import Any

import pytest
from quart import Quart

from .conftest import Visitor, visitor

CODES = ["".join(letters) for letters in product(string.ascii_uppercase, repeat=4)][:400]


async def refusal(mallory: Visitor, code: str, **request: Any) -> str:
    answer = await mallory("GET", f"/{code}", **({"headers": {"Accept": "application/json"}} | request))
    said = await answer.get_json()
    return str(said.get("code", "found")) if answer.status_code != 200 else "found"


async def test_ten_wrong_codes_are_answered_and_then_none(mallory: Visitor, room: dict[str, str]) -> None:
    wrong = [code for code in CODES if code != room["code"]]
    said = [await refusal(mallory, code) for code in wrong[:30]]

    assert said == ["room_not_found"] * 10 + ["too_many_codes"] * 20
    answer = await mallory("GET", f"/{wrong[0]}")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60


async def test_a_sweep_with_everything_at_once_gets_no_more(mallory: Visitor, room: dict[str, str]) -> None:
    said = await asyncio.gather(*[refusal(mallory, code) for code in CODES if code != room["code"]])

    seen = Counter(said)
    assert seen["room_not_found"] == 10
    assert seen["too_many_codes"] + seen["too_many_requests"] == len(said) - 10


async def test_over_the_limit_a_right_code_looks_like_a_wrong_one(mallory: Visitor, room: dict[str, str]) -> None:
    for code in CODES[:12]:
        await mallory("GET", f"/{code}")

    paths = ["", "/sse", "/json", "/raw", "/people", "/1", "/qr.svg", "?before=9", "/sse?as=html"]
    for accept in ("*/*", "application/json", "text/html"):
        for path in paths:
            request = {"headers": {"Accept": accept}}
            right = await mallory("GET", f"/{room['code']}{path}", **request)
            wrong = await mallory("GET", f"/ZZZZ{path}", **request)
            assert right.status_code == wrong.status_code == 429, path
            shown = [await answer.get_data(as_text=True) for answer in (right, wrong)]
            assert re.sub(r"\d+ second", "", shown[0]) == re.sub(r"\d+ second", "", shown[1])
            assert room["code"] not in shown[0].replace(f"/{room['code']}", "")
    for path in ("", "/join", "/leave"):
        assert (await mallory("POST", f"/{room['code']}{path}", data="name=Mallory")).status_code == 429


async def test_the_forms_of_the_home_page_are_no_way_around(mallory: Visitor, room: dict[str, str]) -> None:
    async def join(code: str) -> tuple[int, str]:
        form = {"name": "Mallory", "code": code, "join": "1"}
        answer = await mallory("POST", "/", form=form, headers={"Accept": "text/html"})
        return answer.status_code, await answer.get_data(as_text=True)

    for code in CODES[:10]:
        assert (await join(code))[0] == 404
    status, page = await join(room["code"])
    assert status == 429
    assert "too many wrong room codes" in page
    assert f'value="{room["code"]}"' in page  # what was typed is kept


@pytest.mark.parametrize("made_up", ["cct_" + "A" * 43, ""])
async def test_a_made_up_token_is_no_way_around(mallory: Visitor, room: dict[str, str], made_up: str) -> None:
    for headers in ({"Authorization": f"Bearer {made_up}"}, {"Cookie": f"chad-{room['code']}={made_up}"}):
        said = [await refusal(mallory, code, headers=headers | {"Accept": "application/json"}) for code in CODES[:12]]
        assert said[-1] == "too_many_codes"
        assert (await mallory("GET", f"/{room['code']}", headers=headers)).status_code == 429


async def test_whoever_has_a_seat_goes_on_even_at_the_attackers_address(mallory: Visitor, room: dict[str, str]) -> None:
    for code in CODES[:12]:
        await mallory("GET", f"/{code}")

    seat = {"Authorization": f"Bearer {room['token']}"}
    assert (await mallory("POST", f"/{room['code']}", data="tea?", headers=seat)).status_code == 201
    assert (await mallory("GET", f"/{room['code']}", headers=seat)).status_code == 200
    cookie = {"Cookie": f"chad-{room['code']}={room['token']}", "Accept": "text/html"}
    assert (await mallory("GET", f"/{room['code']}", headers=cookie)).status_code == 200


async def test_others_notice_nothing(strict: Quart, mallory: Visitor, room: dict[str, str]) -> None:
    for code in CODES[:50]:
        await mallory("GET", f"/{code}")

    grace = visitor(strict, "203.0.113.9")
    assert (await grace("GET", f"/{room['code']}")).status_code == 200
    assert (await grace("GET", "/ZZZZ")).status_code == 404


async def test_the_neighbours_of_an_ipv6_network_are_one_visitor(strict: Quart, room: dict[str, str]) -> None:
    said = []
    for number, code in enumerate(CODES[:11]):
        answer = await visitor(strict, f"2001:db8:1:2::{number + 1:x}")("GET", f"/{code}")
        said.append(answer.status_code)

    assert said == [404] * 10 + [429]
    assert (await visitor(strict, "2001:db8:1:3::1")("GET", "/ZZZZ")).status_code == 404


async def test_right_codes_and_missing_messages_are_no_guesses(ada: Visitor, room: dict[str, str]) -> None:
    for number in range(30):
        assert (await ada("GET", f"/{room['code']}")).status_code == 200
        assert (await ada("GET", f"/{room['code']}/{900 + number}")).status_code == 404
    assert (await ada("GET", "/ZZZZ")).status_code == 404
