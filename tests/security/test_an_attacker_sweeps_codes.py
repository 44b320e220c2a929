"""Requirement 2: guessing codes finds no room, and does not affect members."""

from __future__ import annotations

import asyncio
import re
import string
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import product
from typing import Any

import pytest
from quart import Quart

from chadchat.domain.limits import Limits

from .conftest import MALLORY, Visitor, visitor

Opens = Callable[[int], Awaitable[list[dict[str, str]]]]

CODES = ["".join(letters) for letters in product(string.ascii_uppercase, repeat=4)][:400]


async def refusal(mallory: Visitor, code: str, **request: Any) -> str:
    answer = await mallory("GET", f"/{code}", **({"headers": {"Accept": "application/json"}} | request))
    said = await answer.get_json()
    return str(said.get("code", "found")) if answer.status_code != 200 else "found"


async def test_thirty_wrong_codes_are_answered_and_then_none(mallory: Visitor, room: dict[str, str]) -> None:
    wrong = [code for code in CODES if code != room["code"]]
    said = [await refusal(mallory, code) for code in wrong[:60]]

    assert said == ["room_not_found"] * 30 + ["too_many_codes"] * 30
    answer = await mallory("GET", f"/{wrong[0]}")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 30


async def test_a_sweep_with_everything_at_once_gets_no_more(mallory: Visitor, room: dict[str, str]) -> None:
    said = await asyncio.gather(*[refusal(mallory, code) for code in CODES if code != room["code"]])

    seen = Counter(said)
    assert seen["room_not_found"] == 30
    assert seen["too_many_codes"] + seen["too_many_requests"] == len(said) - 30


async def test_over_the_limit_a_right_code_looks_like_a_wrong_one(mallory: Visitor, room: dict[str, str]) -> None:
    for code in CODES[:32]:
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

    for code in CODES[:30]:
        assert (await join(code))[0] == 404
    status, page = await join(room["code"])
    assert status == 429
    assert "too many wrong room codes" in page
    assert f'value="{room["code"]}"' in page  # what was typed is kept


@pytest.mark.parametrize("made_up", ["cct_" + "A" * 43, ""])
async def test_a_made_up_token_is_no_way_around(mallory: Visitor, room: dict[str, str], made_up: str) -> None:
    for headers in ({"Authorization": f"Bearer {made_up}"}, {"Cookie": f"chad-{room['code']}={made_up}"}):
        said = [await refusal(mallory, code, headers=headers | {"Accept": "application/json"}) for code in CODES[:32]]
        assert said[-1] == "too_many_codes"
        assert (await mallory("GET", f"/{room['code']}", headers=headers)).status_code == 429


async def test_whoever_has_a_seat_goes_on_even_at_the_attackers_address(mallory: Visitor, room: dict[str, str]) -> None:
    for code in CODES[:32]:
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
    for number, code in enumerate(CODES[:31]):
        answer = await visitor(strict, f"2001:db8:1:2::{number + 1:x}")("GET", f"/{code}")
        said.append(answer.status_code)

    assert said == [404] * 30 + [429]
    assert (await visitor(strict, "2001:db8:1:3::1")("GET", "/ZZZZ")).status_code == 404


async def test_right_codes_and_missing_messages_are_no_guesses(ada: Visitor, room: dict[str, str]) -> None:
    for number in range(30):
        assert (await ada("GET", f"/{room['code']}")).status_code == 200
        assert (await ada("GET", f"/{room['code']}/{900 + number}")).status_code == 404
    assert (await ada("GET", "/ZZZZ")).status_code == 404


@pytest.fixture
def spread_out(strict: Quart) -> Opens:
    """Rooms whose owners all came from addresses of their own."""

    async def opened(number: int) -> list[dict[str, str]]:
        return [
            await (await visitor(strict, f"203.0.113.{one}")("POST", "/rooms", json={"name": "Grace"})).get_json()
            for one in range(number)
        ]

    return opened


async def lock(owner: Visitor, room: dict[str, str], how: str) -> None:
    headers = {"Accept": "*/*", "Authorization": f"Bearer {room['token']}"}
    sent = {"lock": how, "passphrase": "correct horse"}
    assert (await owner("POST", f"/{room['code']}/settings", json=sent, headers=headers)).status_code == 200


FREE = [
    ("OPTIONS", ""),
    ("HEAD", ""),
    ("PUT", ""),
    ("POST", ""),
    ("GET", "?before=x"),
    ("GET", "/sse?since=bad"),
    ("HEAD", "/json"),
    ("POST", "/leave"),
    ("PATCH", "/settings"),
    ("GET", "/999999"),
]


@pytest.mark.parametrize(("method", "rest"), FREE)
async def test_what_lets_nobody_in_is_no_way_to_try_codes_first(
    strict: Quart, mallory: Visitor, room: dict[str, str], method: str, rest: str
) -> None:
    codes = [code for code in CODES if code != room["code"]][:140]
    for code in [*codes, room["code"]]:
        await mallory(method, f"/{code}{rest}")
    said = await asyncio.gather(*[refusal(mallory, code) for code in [*codes, room["code"]]])

    assert said.count("room_not_found") <= 30
    assert said[-1] == "too_many_codes"
    limits: Limits = strict.extensions["chadchat"].limits
    assert limits.codes.wait(MALLORY) <= 31 * 30


async def test_whoever_asks_at_once_for_a_room_of_their_own_costs_the_others_nothing(
    strict: Quart, mallory: Visitor, ada: Visitor, room: dict[str, str]
) -> None:
    own: dict[str, str] = await (await mallory("POST", "/rooms", json={"name": "Mallory"})).get_json()
    await lock(mallory, own, "passphrase")
    for _ in range(2):
        said = await asyncio.gather(*[refusal(mallory, own["code"]) for _ in range(288)])
        assert set(said) == {"room_not_found"}  # the same guess, again and again
    await asyncio.gather(*[refusal(mallory, code) for code in CODES[:300]])

    for number in range(40):
        fresh = visitor(strict, f"203.0.113.{number}")
        assert (await fresh("GET", f"/{room['code']}")).status_code == 200
        assert (await fresh("GET", "/ZZZZ")).status_code == 404


@pytest.mark.parametrize("there", [True, False])
async def test_thirty_passphrases_at_once_are_tried_and_then_none(
    mallory: Visitor, ada: Visitor, room: dict[str, str], there: bool
) -> None:
    await lock(ada, room, "passphrase")
    code = room["code"] if there else "ZZZZ"

    async def attempt(passphrase: str) -> int:
        sent = {"name": "Mallory", "passphrase": passphrase}
        return (await mallory("POST", f"/{code}/join", json=sent)).status_code

    said = Counter(await asyncio.gather(*[attempt(f"wrong {number}") for number in range(60)]))
    assert said == {404: 30, 429: 30}
    assert await attempt("correct horse") == 429
    assert await attempt("wrong 0") == 429


async def test_the_same_wrong_passphrase_costs_once_and_the_right_one_nothing(
    mallory: Visitor, ada: Visitor, room: dict[str, str]
) -> None:
    await lock(ada, room, "passphrase")

    async def attempt(name: str, passphrase: str) -> int:
        sent = {"name": name, "passphrase": passphrase}
        return (await mallory("POST", f"/{room['code']}/join", json=sent)).status_code

    assert {await attempt("Grace", "wrong horse") for _ in range(5)} == {404}
    assert [await attempt(f"Grace {number}", "correct horse") for number in range(35)] == [201] * 35
    said = [await refusal(mallory, code) for code in CODES[:40] if code != room["code"]]
    assert said.count("room_not_found") == 29


@pytest.mark.parametrize("bring", ["bearer", "cookie", "link"])
async def test_over_the_limit_a_made_up_token_is_answered_as_none_and_paid_for(
    strict: Quart, mallory: Visitor, room: dict[str, str], bring: str
) -> None:
    for code in CODES[:32]:
        await mallory("GET", f"/{code}")
    limits: Limits = strict.extensions["chadchat"].limits
    before = limits.codes.wait(MALLORY)

    for number, code in enumerate((room["code"], "ZZZZ")):
        token = f"cct_{number}" + "A" * 42
        headers = {
            "bearer": {"Authorization": f"Bearer {token}"},
            "cookie": {"Cookie": f"chad-{code}={token}"},
            "link": {"Cookie": f"chad-link-{code}={token}"},
        }[bring]
        with_it = await mallory("GET", f"/{code}", headers={"Accept": "application/json"} | headers)
        without = await mallory("GET", f"/{code}", headers={"Accept": "application/json"})
        assert with_it.status_code == without.status_code == 429
        assert await with_it.get_data() == await without.get_data()
    assert limits.codes.wait(MALLORY) > before + 59


async def test_over_the_limit_a_link_opens_its_room_but_tries_no_passphrase(
    mallory: Visitor, ada: Visitor, room: dict[str, str]
) -> None:
    owner = {"Accept": "*/*", "Authorization": f"Bearer {room['token']}"}
    link = await (await ada("POST", f"/{room['code']}/links", json={"kind": "read"}, headers=owner)).get_json()
    await lock(ada, room, "passphrase")
    for code in CODES[:32]:
        await mallory("GET", f"/{code}")

    headers = {"Authorization": f"Bearer {link['token']}"}
    cookie = {"Cookie": f"chad-link-{room['code']}={link['token']}", "Accept": "text/html"}
    assert (await mallory("GET", f"/{room['code']}", headers=headers)).status_code == 200
    assert (await mallory("GET", f"/{room['code']}", headers=cookie)).status_code == 200
    sent = {"name": "Mallory", "passphrase": "correct horse"}
    assert (await mallory("POST", f"/{room['code']}/join", json=sent, headers=headers)).status_code == 429


async def test_over_the_limit_the_address_of_a_link_posts_and_a_made_up_one_is_paid_for(
    strict: Quart, mallory: Visitor, ada: Visitor, room: dict[str, str]
) -> None:
    owner = {"Accept": "*/*", "Authorization": f"Bearer {room['token']}"}
    link = await (await ada("POST", f"/{room['code']}/links", json={"kind": "post"}, headers=owner)).get_json()
    for code in CODES[:32]:
        await mallory("GET", f"/{code}")
    limits: Limits = strict.extensions["chadchat"].limits
    before = limits.codes.wait(MALLORY)

    path = f"/{room['code']}/links/{link['token']}"
    assert (await mallory("POST", path, data="tea?", headers={"Accept": "*/*"})).status_code == 201
    assert limits.codes.wait(MALLORY) <= before
    assert (await mallory("POST", f"{path}x", data="tea?", headers={"Accept": "*/*"})).status_code == 429
    assert limits.codes.wait(MALLORY) > before + 29


async def test_many_right_codes_at_once_are_right_from_one_address_and_from_hundreds(
    strict: Quart, mallory: Visitor, spread_out: Opens
) -> None:
    rooms = await spread_out(60)
    codes = [room["code"] for room in rooms]

    said = await asyncio.gather(*[mallory("GET", f"/{code}/json?poll=1") for code in codes * 3])
    posted = await asyncio.gather(
        *[visitor(strict, f"198.18.{n >> 8}.{n & 255}")("GET", f"/{codes[n % 60]}/sse?poll=1") for n in range(500)]
    )

    assert {answer.status_code for answer in said} == {answer.status_code for answer in posted} == {200}
    assert [await refusal(mallory, code) for code in CODES[:40] if code not in codes].count("room_not_found") == 30


async def test_a_body_that_comes_slowly_holds_nobody_who_sits_behind_the_same_address(
    strict: Quart, mallory: Visitor, room: dict[str, str]
) -> None:
    limits: Limits = strict.extensions["chadchat"].limits
    for number in range(30):
        assert limits.codes.ask(MALLORY, f"Z{number}").paid  # and is not decided for a long time

    seat = {"Authorization": f"Bearer {room['token']}"}
    assert (await mallory("POST", f"/{room['code']}", data="tea?", headers=seat)).status_code == 201


async def knock(who: Visitor, code: str, name: str = "Mallory") -> tuple[int, dict[str, Any]]:
    answer = await who("POST", f"/{code}/join", json={"name": name})
    return answer.status_code, await answer.get_json()


async def test_a_knock_sounds_the_same_at_a_door_at_a_wall_and_where_there_is_nothing(
    strict: Quart, mallory: Visitor, ada: Visitor, spread_out: Opens
) -> None:
    opened = await spread_out(2)
    for room, how in zip(opened, ("approval", "passphrase"), strict=True):
        await lock(ada, room, how)
    by_approval, by_passphrase = (room["code"] for room in opened)
    for number in range(20):
        await knock(visitor(strict, f"192.0.2.{100 + number}"), by_approval, f"Ada {number}")

    grace = visitor(strict, "192.0.2.99")
    heard = {}
    for code, name in [
        ("ZZZZ", "Mallory"),
        ("ZZZZ", "Grace"),
        (by_passphrase, "Mallory"),
        (by_passphrase, "Grace"),  # taken
        (by_approval, "Grace"),
        (by_approval, "Mallory"),  # and twenty wait already
    ]:
        status, said = await knock(mallory, code, name)
        where, token = f"/{code}/knocks/{said['knock']}", {"Authorization": f"Bearer {said['token']}"}
        wait = await mallory("GET", where, headers={"Accept": "*/*"} | token)
        stranger = await grace("GET", where)
        shape = status, " ".join(sorted(said)), said["state"], said["name"], len(str(said["id"])), len(said["token"])
        heard[code, name] = shape, await wait.get_json() == {"id": said["id"], "state": "waiting"}, stranger.status_code
    assert set(heard.values()) == {
        ((202, "at code id knock name state token url", "waiting", name, 12, 47), True, 404)
        for name in ("Grace", "Mallory")
    }
    for code in ("ZZZZ", by_approval):
        nameless = await mallory("POST", f"/{code}/join", json={})
        assert (nameless.status_code, (await nameless.get_json())["code"]) == (404, "room_not_found")


async def test_a_knock_at_nothing_is_a_guess(mallory: Visitor, room: dict[str, str]) -> None:
    said = [(await knock(mallory, code))[0] for code in CODES[:40] if code != room["code"]]

    assert said == [202] * 30 + [429] * (len(said) - 30)


async def test_the_home_page_refuses_a_locked_room_as_one_that_is_not_there_and_offers_to_knock(
    mallory: Visitor, ada: Visitor, room: dict[str, str]
) -> None:
    await lock(ada, room, "approval")

    async def send(code: str, button: str) -> tuple[int, str, str]:
        form = {"name": "Grace", "code": code, button: "1"}
        answer = await mallory("POST", "/", form=form, headers={"Accept": "text/html"})
        shown = (await answer.get_data(as_text=True)).replace(code, "ZZZZ")
        return answer.status_code, re.sub(r"\d{12}", "", shown), answer.headers.get("Location", "")[:13]

    for button in ("join", "knock"):
        there, nowhere = await send(room["code"], button), await send("ZZZZ", button)
        assert (there[0], there[1]) == (nowhere[0], nowhere[1])
        assert (there[0], there[2]) == ((404, "") if button == "join" else (303, f"/{room['code']}/knocks/"))
        assert button == "knock" or "There is no room ZZZZ, or it is locked." in nowhere[1]


async def test_an_owner_lets_in_who_knocked_and_may_name_the_knock_as_the_stranger_does(
    mallory: Visitor, ada: Visitor, room: dict[str, str]
) -> None:
    await lock(ada, room, "approval")
    _, said = await knock(mallory, room["code"])
    owner = {"Accept": "*/*", "Authorization": f"Bearer {room['token']}"}

    listed = await (
        await ada("GET", f"/{room['code']}/knocks", headers=owner | {"Accept": "application/json"})
    ).get_json()
    assert [one["name"] for one in listed["knocks"]] == ["Mallory"]
    assert (await ada("POST", f"/{room['code']}/knocks/{said['knock']}", headers=owner)).status_code == 200

    seat = {"Accept": "*/*", "Authorization": f"Bearer {said['token']}"}
    waited = await mallory("GET", f"/{room['code']}/knocks/{said['knock']}", headers=seat)
    assert (await waited.get_json())["state"] == "admitted"
    assert (await mallory("POST", f"/{room['code']}", data="thank you", headers=seat)).status_code == 201


async def test_the_wait_that_is_said_is_long_enough(
    strict: Quart, mallory: Visitor, room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: Limits = strict.extensions["chadchat"].limits
    now = [limits.codes._clock()]
    for buckets in (limits.codes, limits.codes._visitors, limits.codes._blocks, limits._requests):
        monkeypatch.setattr(buckets, "_clock", lambda: now[0])

    await asyncio.gather(*[refusal(mallory, code) for code in CODES[:100]])
    for made_up in ("", "cct_x", "cct_y"):
        headers = {"Authorization": f"Bearer {made_up}"} if made_up else {}
        refused = await mallory("GET", f"/{room['code']}", headers=headers)
        assert refused.status_code == 429
    now[0] += int(refused.headers["Retry-After"])
    assert (await mallory("GET", f"/{room['code']}")).status_code == 200
