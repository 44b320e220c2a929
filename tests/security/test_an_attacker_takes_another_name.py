"""A muted or slowed-down member joins under another name, on purpose (Mallory) or by mistake (Grace, an owner)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ..serving import Server


class Room:
    """A room of Grace's with Mallory in it."""

    def __init__(self, server: Server) -> None:
        made = server.create()
        self.url, self.code = made["url"], made["code"]
        self.grace = made["token"]
        self.mallory = self.join("Mallory").json()

    def ask(self, method: str, path: str, token: str | None = None, **fields: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.request(method, f"{self.url}{path}", data=fields or None, headers=headers)

    def join(self, name: str, token: str | None = None) -> httpx.Response:
        return self.ask("POST", "/join", token, name=name)

    def say(self, token: str | None = None, text: str = "tea?") -> httpx.Response:
        return self.ask("POST", "", token, text=text)

    def owners(self, token: str) -> list[str]:
        answer = httpx.get(
            f"{self.url}/owners", headers={"Authorization": f"Bearer {token}", "Accept": "application/json"}
        )
        return [owner["name"] for owner in answer.json().get("owners", [])]

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in httpx.get(f"{self.url}/json?poll=1&since=all").text.split("\n")[:-1]]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("names") / "data", leave_after="0.3").start()
    yield started
    started.stop()


@pytest.fixture
def room(serving: Server) -> Room:
    return Room(serving)


def test_a_muted_member_is_muted_under_every_further_name(room: Room) -> None:
    room.ask("POST", "/mutes", room.grace, **{"member": room.mallory["member"], "for": "10m"})
    token = room.mallory["token"]
    for number in range(3):
        seat = room.join(f"Mallory{number}", token)
        assert seat.status_code == 201
        token = seat.json()["token"]
        refused = room.say(token)
        assert (refused.status_code, refused.json()["code"]) == (403, "muted")


@pytest.mark.parametrize("first", ["nothing", "leave"])
def test_a_muted_member_gets_no_other_seat_that_speaks(room: Room, first: str) -> None:
    room.ask("POST", "/mutes", room.grace, **{"member": room.mallory["member"], "for": "10m"})
    if first == "leave":
        assert room.ask("POST", "/leave", room.mallory["token"]).status_code == 200

    second = room.join("Mallory2").json()["token"]

    assert room.say(second).json()["code"] == "muted"
    assert room.say().json()["code"] == "muted"
    assert room.say(room.grace).status_code == 201


def test_slow_mode_goes_along_with_every_further_name_and_a_fresh_seat_waits_too(room: Room) -> None:
    room.ask("PATCH", "/settings", room.grace, slow="600")
    token = room.mallory["token"]
    assert room.say(token).status_code == 201
    for number in range(3):
        token = room.join(f"Mallory{number}", token).json()["token"]
        assert room.say(token).json()["code"] == "slow_mode"

    assert room.say(room.join("Eve").json()["token"]).json()["code"] == "slow_mode"


def test_an_owner_is_an_owner_under_every_further_name(room: Room) -> None:
    again = room.join("Grace2", room.grace)

    assert again.status_code == 201
    assert again.json()["token"] == room.grace, "the seat is the same"
    assert room.owners(room.grace) == ["Grace2"]
    assert room.ask("PATCH", "/settings", room.grace, lock="approval").status_code == 200
    room.join("Grace3", room.grace)
    assert room.owners(room.grace) == ["Grace3"]


def test_an_owner_is_an_owner_who_enters_again_by_the_home_page(room: Room, serving: Server) -> None:
    with httpx.Client(headers={"Accept": "text/html"}, cookies={f"chad-{room.code}": room.grace}) as browser:
        entered = browser.post(f"{serving.url}/", data={"name": "Ada L", "code": room.code, "join": "", "sure": "1"})
        assert entered.status_code == 303
        token = entered.cookies[f"chad-{room.code}"]
        assert browser.get(f"{room.url}/settings", headers={"Cookie": f"chad-{room.code}={token}"}).status_code == 200

    assert token == room.grace
    assert room.owners(token) == ["Ada L"]
    joined = room.events()[-1]
    assert (joined["kind"], joined["name"], joined["was"]) == ("rename", "Ada L", "Grace")
    assert "Ada L is the new name of Grace" in httpx.get(room.url).text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html"])
def test_the_only_owner_is_told_what_to_do_before_leaving(room: Room, accept: str) -> None:
    headers = {"Authorization": f"Bearer {room.grace}", "Accept": accept}

    refused = httpx.post(f"{room.url}/leave", headers=headers)

    assert refused.status_code == 409
    sentence = f"You are the only owner of {room.code}. Make someone else an owner, or close the room, first."
    assert sentence in refused.text
    if accept == "text/html":
        assert "Leave for good?" in refused.text, "it is the page that asks, with the sentence in it"
    else:
        assert refused.json()["code"] == "last_owner"
    assert "Set-Cookie" not in refused.headers
    assert room.owners(room.grace) == ["Grace"]
    room.ask("POST", "/owners", room.grace, member=room.mallory["member"])
    assert room.ask("POST", "/leave", room.grace).status_code == 200
    assert room.owners(room.mallory["token"]) == ["Mallory"]


def test_a_key_of_a_name_like_a_members_id_is_another_key(room: Room) -> None:
    key = {"Idempotency-Key": "deploy-42"}
    stranger = httpx.post(room.url, content="same", headers={"Name": room.mallory["member"], **key})
    bearer = {"Authorization": f"Bearer {room.mallory['token']}"}

    member = httpx.post(room.url, content="same", headers=bearer | key)

    assert (stranger.status_code, member.status_code) == (201, 201)
    assert (stranger.json()["member"], member.json()["member"]) == (None, room.mallory["member"])
    other = httpx.post(room.url, content="other", headers={"Name": room.mallory["member"], **key})
    assert other.status_code == 422
    assert httpx.post(room.url, content="same", headers=bearer | key).json() == member.json()


def test_numbers_that_no_database_holds_harm_nobody_elses_posts(serving: Server, room: Room) -> None:
    other = serving.create("Ada")

    async def mixed() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=24)
        async with httpx.AsyncClient(timeout=60, limits=limits) as http:
            odd = [
                http.delete(f"{room.url}/links/{'9' * 30}", headers={"Authorization": f"Bearer {room.grace}"})
                for _ in range(60)
            ]
            good = [http.post(other["url"], content=str(number)) for number in range(60)]
            answers = await asyncio.gather(*(one for pair in zip(odd, good, strict=True) for one in pair))
        return answers[1::2]

    assert {answer.status_code for answer in asyncio.run(mixed())} == {201}


def test_a_muted_member_in_a_read_only_room_writes_no_lines_with_streams(serving: Server, room: Room) -> None:
    room.ask("PATCH", "/settings", room.grace, read_only="on")
    room.ask("POST", "/mutes", room.grace, **{"member": room.mallory["member"], "for": "10m"})
    bearer = {"Authorization": f"Bearer {room.mallory['token']}"}

    def open_and_close() -> None:
        with httpx.stream("GET", f"{room.url}/json", headers=bearer) as stream:
            next(stream.iter_lines())

    with httpx.stream("GET", f"{room.url}/json?since=all", timeout=60) as watching:
        open_and_close()
        assert any('"kind":"leave"' in line for line in watching.iter_lines())
    head = room.events()[-1]["seq"]
    for _ in range(3):
        open_and_close()
    assert room.events()[-1]["seq"] == head
