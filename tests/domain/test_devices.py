"""A seat moves to another device by a link that works once and for ten minutes, and other devices are signed out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from quart import Quart

from chadchat.domain import devices, members, moderation, rooms
from chadchat.domain.members import Seat, seated
from chadchat.errors import SeatRequired, TransferSpent
from chadchat.events import timestamp
from chadchat.log.local import LocalLog

from ..serving import Server

CURL = {"Accept": "*/*"}
PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


def token_of(made: devices.Transfer) -> str:
    return made.path.rsplit("/", 1)[1]


async def moved(log: LocalLog, seat: Seat) -> Seat:
    """The same seat on another device."""
    made = await devices.transfer(log, seat.room, seat.member)
    return await devices.follow(log, seat.room, seat.member, token_of(made))


async def test_both_devices_hold_the_seat_and_its_standing(log: LocalLog, grace: Seat) -> None:
    phone = await moved(log, grace)

    assert phone.token != grace.token
    assert await seated(log.db, grace.room, grace.token) == grace.member
    assert await seated(log.db, grace.room, phone.token) == grace.member
    assert await devices.others(log.db, grace.room, grace.member) == 1


async def test_a_link_works_once(log: LocalLog, ada: Seat) -> None:
    made = await devices.transfer(log, ada.room, ada.member)
    await devices.follow(log, ada.room, ada.member, token_of(made))

    with pytest.raises(TransferSpent):
        await devices.follow(log, ada.room, ada.member, token_of(made))
    with pytest.raises(TransferSpent):
        await devices.waiting(log.db, ada.room, token_of(made))


async def test_a_newer_link_takes_the_place_of_the_one_before(log: LocalLog, ada: Seat) -> None:
    first = await devices.transfer(log, ada.room, ada.member)
    second = await devices.transfer(log, ada.room, ada.member)

    with pytest.raises(TransferSpent):
        await devices.follow(log, ada.room, ada.member, token_of(first))
    assert await devices.follow(log, ada.room, ada.member, token_of(second))


@pytest.mark.parametrize(
    ("later", "works"), [(9, True), (11, False), (-11, False)], ids=["in time", "too late", "the clock was set back"]
)
async def test_a_link_works_for_ten_minutes(
    log: LocalLog, ada: Seat, machine: Callable[[str], None], later: int, works: bool
) -> None:
    made = await devices.transfer(log, ada.room, ada.member)
    moment = datetime.now(UTC) + timedelta(minutes=later)
    machine(timestamp(moment))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "now", lambda: timestamp(moment))
        if works:
            assert await devices.follow(log, ada.room, ada.member, token_of(made))
            return
        with pytest.raises(TransferSpent):
            await devices.follow(log, ada.room, ada.member, token_of(made))


async def test_a_link_opens_no_other_seat(log: LocalLog, grace: Seat, ada: Seat) -> None:
    made = await devices.transfer(log, ada.room, ada.member)

    with pytest.raises(TransferSpent):
        await devices.follow(log, ada.room, grace.member, token_of(made))


async def test_signing_out_leaves_the_device_that_asked_and_ends_links(log: LocalLog, ada: Seat) -> None:
    phone, made = await moved(log, ada), await devices.transfer(log, ada.room, ada.member)

    kept = await devices.sign_out(log, ada.room, ada.member)

    assert await seated(log.db, ada.room, kept.token) == ada.member
    assert await seated(log.db, ada.room, ada.token) is None
    assert await seated(log.db, ada.room, phone.token) is None
    assert "signed out" in str(await devices.ended(log.db, ada.room, phone.token))
    assert await devices.others(log.db, ada.room, ada.member) == 0
    with pytest.raises(TransferSpent):
        await devices.waiting(log.db, ada.room, token_of(made))


@pytest.mark.parametrize(
    ("end", "said"), [("leave", "You left"), ("kick", "An owner removed you"), ("ban", "You are banned")]
)
async def test_a_seat_that_ends_ends_on_every_device(
    log: LocalLog, grace: Seat, ada: Seat, end: str, said: str
) -> None:
    phone, made = await moved(log, ada), await devices.transfer(log, ada.room, ada.member)
    person = await moderation.find_person(log.db, await rooms.find(log.db, ada.room), ada.member.id)
    if end == "leave":
        await members.give_up_seat(log, ada.room, ada.member)
    elif end == "kick":
        await moderation.kick(log, ada.room, grace.member, person)
    else:
        await moderation.ban(log, ada.room, grace.member, person, timedelta(hours=1))

    for token in (ada.token, phone.token):
        assert await seated(log.db, ada.room, token) is None
        assert said in str(await devices.ended(log.db, ada.room, token))
    with pytest.raises((SeatRequired, TransferSpent)):
        await devices.follow(log, ada.room, ada.member, token_of(made))


async def test_the_oldest_of_many_devices_goes_first(log: LocalLog, ada: Seat) -> None:
    phones = [await moved(log, ada) for _ in range(11)]

    assert await seated(log.db, ada.room, phones[0].token) is None
    assert await seated(log.db, ada.room, phones[-1].token) == ada.member
    assert await seated(log.db, ada.room, ada.token) == ada.member


async def test_a_link_is_shown_to_nobody_else_and_neither_is_its_use(log: LocalLog, ada: Seat) -> None:
    phone = await moved(log, ada)
    events = await log.read(ada.room, 0, 100)

    assert [event.kind for event in events][-2:] == ["transfer", "device"]
    for event in events:
        assert phone.token not in event.stored()
        assert "ccd_" not in event.stored()
        assert not {"token", "link", "until"} & event.public().keys()


async def answer(app: Quart, method: str, path: str, token: str | None = None, accept: str = "*/*") -> Any:
    headers = {"Accept": accept} | ({"Authorization": f"Bearer {token}"} if token else {})
    client: Any = app.test_client(use_cookies=False)
    return await client.open(path, method=method, headers=headers)


async def test_a_program_moves_a_seat(app: Quart) -> None:
    room = await (await answer(app, "POST", "/rooms?name=Ada")).get_json()

    made = await answer(app, "POST", f"/{room['code']}/transfer", room["token"])
    link = await made.get_json()
    path = link["url"].removeprefix("http://localhost")
    looked = [await answer(app, method, path) for method in ("GET", "HEAD", "GET")]
    used = await answer(app, "POST", path)

    assert made.status_code == 201
    assert link.keys() == {"url", "until"}
    assert "no-transform" in made.headers["Cache-Control"]
    assert [page.status_code for page in looked] == [200, 200, 200], "a preview does not spend it"
    assert used.status_code == 201
    seat = await used.get_json()
    assert (seat["name"], seat["member"]) == ("Ada", room["member"])
    assert (await answer(app, "POST", path)).status_code == 404
    assert await (await answer(app, "GET", f"/{room['code']}/devices", seat["token"])).get_json() == {
        "room": room["code"],
        "others": 1,
    }
    left = await (await answer(app, "DELETE", f"/{room['code']}/devices", seat["token"])).get_json()
    assert (await answer(app, "GET", f"/{room['code']}/devices", left["token"])).status_code == 200
    for old in (room["token"], seat["token"]):
        assert (await answer(app, "GET", f"/{room['code']}/devices", old)).status_code == 401


async def test_a_link_that_never_was_is_refused_alike_with_and_without_a_room(app: Quart, code: str) -> None:
    said = [await (await answer(app, "GET", f"/{room}/transfer/ccd_no")).get_json() for room in (code, "ZZZZ")]
    said = [await (await answer(app, "POST", f"/{room}/transfer/ccd_no")).get_json() for room in (code, "ZZZZ")]

    assert said[0] == said[1]
    assert said[0]["code"] == "transfer_spent"


async def test_a_page_shows_the_link_once_and_a_reload_makes_no_other(app: Quart) -> None:
    laptop, phone = app.test_client(), app.test_client()
    made: Any = await laptop.post("/", form={"name": "Ada", "create": "1"}, headers=PAGE)
    room = made.headers["Location"]

    sent: Any = await laptop.post(f"{room}/transfer", headers=PAGE)
    page: Any = await laptop.get(sent.headers["Location"], headers=PAGE | {"Accept-Encoding": "gzip"})
    again: Any = await laptop.get(sent.headers["Location"], headers=PAGE)
    shown = await page.get_data(as_text=True)

    assert (sent.status_code, sent.headers["Location"]) == (303, f"{room}/devices")
    assert "no-transform" in page.headers["Cache-Control"]
    assert "Content-Encoding" not in page.headers, "a page with a token is not compressed (BREACH)"
    path = shown.split("<code>http://localhost")[1].split("</code>")[0]
    assert "ccd_" not in await again.get_data(as_text=True)
    asked: Any = await phone.get(path, headers=PAGE)
    assert f"Continue as Ada in {room[1:]}" in await asked.get_data(as_text=True)
    went: Any = await phone.post(path, headers=PAGE)
    assert (went.status_code, went.headers["Location"]) == (303, room)
    seen: Any = await phone.get(room, headers=PAGE)
    assert 'id="composer"' in await seen.get_data(as_text=True)
    out: Any = await laptop.post(f"{room}/devices", form={"_method": "delete"}, headers=PAGE)
    told: Any = await laptop.get(out.headers["Location"], headers=PAGE)
    assert "Your other devices are signed out." in await told.get_data(as_text=True)
    seen = await phone.get(room, headers=PAGE)
    assert 'id="composer"' not in await seen.get_data(as_text=True)


async def test_another_site_cannot_make_use_or_end_anything(app: Quart, code: str) -> None:
    client: Any = app.test_client()
    for path in ("transfer", "transfer/ccd_x", "devices"):
        refused = await client.post(f"/{code}/{path}", headers={"Sec-Fetch-Site": "cross-site", "Accept": "text/html"})
        assert refused.status_code == 403


def test_a_link_outlives_a_restart_and_no_file_holds_it(server: Server) -> None:
    room = server.create()
    bearer = {"Authorization": f"Bearer {room['token']}"}
    made = httpx.post(f"{room['url']}/transfer", headers=bearer).json()
    path = made["url"].removeprefix(server.url)
    server.stop()
    server.start()

    used = httpx.post(f"{server.url}{path}")

    assert used.status_code == 201
    token = path.rsplit("/", 1)[1]
    for secret in (token, used.json()["token"]):
        assert [
            file for file in Path(server.data).iterdir() if file.is_file() and secret.encode() in file.read_bytes()
        ] == []
    assert token not in server.stderr.read_text()


def test_the_stream_of_a_signed_out_device_ends(standing: Server) -> None:
    room = standing.create()
    bearer = {"Authorization": f"Bearer {room['token']}"}
    with httpx.stream("GET", f"{room['url']}/json", headers=bearer) as stream:
        lines = stream.iter_lines()
        next(lines)
        httpx.request("DELETE", f"{room['url']}/devices", headers=bearer)
        assert any('"end"' in line and '"signout"' in line for line in lines)
    assert httpx.get(f"{room['url']}/json?poll=1", headers=bearer).status_code == 401


async def test_nobody_reads_of_devices_in_the_conversation(app: Quart) -> None:
    room = await (await answer(app, "POST", "/rooms?name=Ada")).get_json()
    await answer(app, "POST", f"/{room['code']}/transfer", room["token"])

    for path in (f"/{room['code']}", f"/{room['code']}.txt", f"/{room['code']}.md", f"/{room['code']}/raw?poll=1"):
        assert "another device" not in await (await answer(app, "GET", path)).get_data(as_text=True)
    page = await (await answer(app, "GET", f"/{room['code']}", room["token"], "text/html")).get_data(as_text=True)
    assert "made a link for another device" not in page
    assert "transfer" not in page.partition('id="log"')[2].partition("</ol>")[0]
