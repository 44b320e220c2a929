"""A reader whose place has ended is told how: by the page, by the stream that ends, and after a reload."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from quart import Quart

from ..serving import Server

CURL = {"Accept": "*/*"}
JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
MORE = {"kick": "An owner removed you from {room}.", "ban": "You are banned from {room} until "}


async def opened(app: Quart) -> tuple[dict[str, str], dict[str, str]]:
    """Grace's room, and the headers with which she acts."""
    client: Any = app.test_client(use_cookies=False)
    room = await (await client.post("/rooms", json={"name": "Grace"}, headers=CURL)).get_json()
    return room, CURL | {"Authorization": f"Bearer {room['token']}"}


async def browser(app: Quart, room: str, name: str = "Ada") -> tuple[Any, str]:
    """A browser with a seat, and the id of its member."""
    client: Any = app.test_client()
    await client.post(f"/{room}/join", form={"name": name}, headers=PAGE)
    page = await (await client.get(f"/{room}", headers=PAGE)).get_data(as_text=True)
    return client, page.split('data-me="')[1].partition('"')[0]


async def stream(client: Any, room: str, me: str) -> tuple[int, dict[str, Any]]:
    """What the page's stream is answered."""
    answer = await client.get(f"/{room}/sse?poll=1&since=none&me={me}", headers=JSON)
    return answer.status_code, json.loads(await answer.get_data(as_text=True) or "{}")


@pytest.mark.parametrize("network", ["1", "0"])
@pytest.mark.parametrize("how", ["kick", "ban"])
async def test_whoever_is_sent_out_is_told_by_the_stream_and_by_the_page(app: Quart, how: str, network: str) -> None:
    grace, by_grace = await opened(app)
    code, act = grace["code"], app.test_client(use_cookies=False)
    ada, me = await browser(app, code)
    if how == "kick":
        await act.delete(f"/{code}/people/{me}", headers=by_grace)
    else:
        await act.post(f"/{code}/bans", form={"member": me, "network": network}, headers=by_grace)

    status, said = await stream(ada, code, me)
    page = await (await ada.get(f"/{code}", headers=PAGE)).get_data(as_text=True)

    wanted = MORE[how].format(room=code)
    assert status == (403 if how == "ban" else 401)
    assert said["error"].startswith(wanted)
    assert wanted in page
    assert ('<data class="until" value="20' in page) == (how == "ban"), "which the script shows in local time"


async def test_an_innocent_neighbour_is_not_told_to_be_banned(app: Quart) -> None:
    grace, by_grace = await opened(app)
    code, act = grace["code"], app.test_client(use_cookies=False)
    _, me = await browser(app, code, "Mallory")
    await act.post(f"/{code}/bans", form={"member": me}, headers=by_grace)
    neighbour: Any = app.test_client()

    for answer in (
        await neighbour.get(f"/{code}", headers=JSON),
        await neighbour.post(f"/{code}/join", json={"name": "Ada"}, headers=JSON),
    ):
        said = await answer.get_json()
        assert (answer.status_code, said["code"]) == (403, "banned")
        assert said["error"].startswith(f"Someone on your network is banned from {code} until 20")
    for name, wanted in (("Mallory", "You are banned"), ("Ada", "Someone on your network is banned")):
        said = await (await neighbour.post(f"/{code}", json={"name": name, "text": "tea?"}, headers=JSON)).get_json()
        assert said["error"].startswith(f"{wanted} from {code} until 20")


async def test_a_second_tab_does_not_read_on_after_leaving(app: Quart) -> None:
    grace, _ = await opened(app)
    ada, me = await browser(app, grace["code"])
    assert (await stream(ada, grace["code"], me))[0] == 200

    await ada.post(f"/{grace['code']}/leave", headers=PAGE)

    status, said = await stream(ada, grace["code"], me)
    assert (status, said["code"]) == (401, "seat_required")
    assert said["error"].startswith(f"This page's place in {grace['code']} has ended")


async def test_a_page_of_another_name_in_the_same_browser_does_not_read_on(app: Quart) -> None:
    grace, _ = await opened(app)
    ada, me = await browser(app, grace["code"])
    await ada.post(f"/{grace['code']}/leave", headers=PAGE)
    await ada.post(f"/{grace['code']}/join", form={"name": "Mallory"}, headers=PAGE)

    assert (await stream(ada, grace["code"], me))[0] == 401


async def test_a_closed_and_a_moved_room_say_so(app: Quart) -> None:
    grace, by_grace = await opened(app)
    act = app.test_client(use_cookies=False)
    ada, me = await browser(app, grace["code"])
    new = (await (await act.post(f"/{grace['code']}/code", headers=by_grace)).get_json())["code"]
    status, said = await stream(ada, grace["code"], me)
    assert (status, said["error"], said["moved"]) == (410, f"The room {grace['code']} is {new} now.", new)

    await act.delete(f"/{new}", headers=by_grace)

    ada.set_cookie("localhost", f"chad-{new}", "cct_x")
    status, said = await stream(ada, new, me)
    page = await (await ada.get(f"/{new}", headers=PAGE)).get_data(as_text=True)
    assert (status, said["error"]) == (410, "This room was closed.")
    assert "This room was closed." in page
    assert "can export it" in page


def test_the_end_of_a_stream_tells_members_the_new_code_and_strangers_nothing(standing: Server) -> None:
    room = standing.create()
    by_grace = {"Authorization": f"Bearer {room['token']}"}
    with (
        httpx.stream("GET", f"{room['url']}/json", headers=by_grace) as mine,
        httpx.stream("GET", f"{room['url']}/json") as others,
    ):
        readers = mine.iter_lines(), others.iter_lines()
        for reader in readers:
            next(reader)
        new = httpx.post(f"{room['url']}/code", headers=by_grace).json()["code"]
        ends = [next(json.loads(line) for line in reader if '"end"' in line) for reader in readers]

    end = {"kind": "end", "room": room["code"], "reason": "move"}
    assert ends == [{**end, "moved": new}, end]


async def test_a_second_person_at_the_same_browser_is_asked_before_the_name_changes(app: Quart) -> None:
    grace, _ = await opened(app)
    code = grace["code"]
    ada, me = await browser(app, code)

    for path, fields in ((f"/{code}/join", {}), ("/", {"code": code, "join": "1"})):
        answer = await ada.post(path, form={"name": "Mallory", **fields}, headers=PAGE)
        asked = await answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert "Go on as Ada, or change the name?" in asked
        assert f'<a class="button primary" href="/{code}">Go on as Ada</a>' in asked
        person = await (await ada.get(f"/{code}/people/{me}", headers=JSON)).get_json()
        assert person["name"] == "Ada", "a question changes nothing"

    went = await ada.post(f"/{code}/join", form={"name": "Mallory", "sure": "1"}, headers=PAGE)
    assert (went.status_code, went.headers["Location"]) == (303, f"/{code}")
    person = await (await ada.get(f"/{code}/people/{me}", headers=JSON)).get_json()
    assert person["name"] == "Mallory"
    same = await ada.post(f"/{code}/join", form={"name": "mallory"}, headers=PAGE)
    assert same.status_code == 303, "one's own name asks nothing"
