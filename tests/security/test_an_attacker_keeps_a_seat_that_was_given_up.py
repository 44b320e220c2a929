"""Requirement 6: a seat is checked at each post, page and stream, so that its end takes effect at once."""

from __future__ import annotations

import pytest

from .conftest import Visitor

PATHS = [("POST", ""), ("GET", "/sse?poll=1"), ("GET", "/json?poll=1"), ("GET", "/raw?poll=1"), ("POST", "/leave")]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_a_seat_that_was_given_up_opens_nothing(
    ada: Visitor, mallory: Visitor, room: dict[str, str], method: str, path: str
) -> None:
    joined = await mallory("POST", f"/{room['code']}/join", data="name=Mallory", headers=FORM)
    seat = {"Authorization": f"Bearer {(await joined.get_json())['token']}"}
    assert (await ada(method, f"/{room['code']}{path}", data="tea?", headers=seat)).status_code in (200, 201)
    await ada("POST", f"/{room['code']}/leave", headers=seat)

    assert (await ada(method, f"/{room['code']}{path}", data="tea?", headers=seat)).status_code == 401


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_a_seat_in_one_room_opens_nothing_in_another(
    ada: Visitor, room: dict[str, str], method: str, path: str
) -> None:
    other = await (await ada("POST", "/rooms", json={"name": "Grace"})).get_json()
    seat = {"Authorization": f"Bearer {room['token']}"}

    answer = await ada(method, f"/{other['code']}{path}", data="tea?", headers=seat)
    assert answer.status_code == 401


async def test_the_name_of_a_seat_cannot_be_used_without_its_token(ada: Visitor, room: dict[str, str]) -> None:
    for name in ("Ada", "ADA", "\uff21da", " Ada "):
        answer = await ada("POST", f"/{room['code']}", json={"text": "I am Ada", "name": name})
        assert (answer.status_code, (await answer.get_json())["code"]) == (409, "name_taken")
