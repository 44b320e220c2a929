"""A room with a new code: callers with a seat in it are told the code, and no one else is."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

CURL = {"Accept": "*/*"}
JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html"}


async def opened(client: Any) -> dict[str, str]:
    """Grace's room."""
    made: dict[str, str] = await (await client.post("/rooms", json={"name": "Grace"}, headers=CURL)).get_json()
    return made


async def moved(client: Any, room: dict[str, str]) -> str:
    """The new code that Grace gives it."""
    headers = CURL | {"Authorization": f"Bearer {room['token']}"}
    return str((await (await client.post(f"/{room['code']}/code", headers=headers)).get_json())["code"])


@pytest.mark.parametrize("bring", ["bearer", "cookie"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ""),
        ("POST", "/join"),
        ("POST", "/leave"),
        ("DELETE", "/2"),
        ("DELETE", ""),
        ("PATCH", "/settings"),
        ("GET", ""),
        ("GET", "/sse"),
    ],
)
async def test_a_program_with_a_seat_is_told_the_new_code_and_a_stranger_is_not(
    app: Quart, method: str, path: str, bring: str
) -> None:
    client: Any = app.test_client(use_cookies=False)
    room = await opened(client)
    seat = await (await client.post(f"/{room['code']}/join", json={"name": "Ada"}, headers=CURL)).get_json()
    new = await moved(client, room)

    async def ask(headers: dict[str, str]) -> Any:
        sent = {"name": "Ada", "text": "tea?"}
        return await client.open(f"/{room['code']}{path}", method=method, headers=JSON | headers, json=sent)

    seated = {
        "bearer": {"Authorization": f"Bearer {seat['token']}"},
        "cookie": {"Cookie": f"chad-{room['code']}={seat['token']}"},
    }
    told = await ask(seated[bring])
    said = await told.get_json()
    assert (told.status_code, said["code"], said["moved"]) == (410, "room_moved", new)
    assert told.headers["Location"] == f"/{new}{path}"
    for nobody in ({}, {"Authorization": "Bearer cct_no"}, {"Authorization": "Bearer ccl_no"}, {"Cookie": "chad-X=y"}):
        stranger = await ask(nobody)
        assert (stranger.status_code, (await stranger.get_json())["code"]) == (410, "room_moved")
        assert "Location" not in stranger.headers
        assert new not in await stranger.get_data(as_text=True)


@pytest.mark.parametrize("stream", ["sse", "json", "raw"])
async def test_a_stream_is_never_redirected(app: Quart, stream: str) -> None:
    client: Any = app.test_client(use_cookies=False)
    room = await opened(client)
    new = await moved(client, room)

    headers = PAGE | {"Cookie": f"chad-{room['code']}={room['token']}"}
    answer = await client.get(f"/{room['code']}/{stream}", headers=headers)
    assert (answer.status_code, answer.headers["Location"]) == (410, f"/{new}/{stream}")


async def test_the_home_page_lists_a_room_under_its_new_code_and_the_seat_goes_along(client: QuartClient) -> None:
    room = await opened(client)
    await client.post(f"/{room['code']}/join", form={"name": "Ada"}, headers=PAGE)
    new = await moved(client, room)

    home = await (await client.get("/", headers=PAGE)).get_data(as_text=True)
    assert f'href="/{new}"' in home
    assert room["code"] not in home
    shown = await (await client.get(f"/{new}", headers=PAGE)).get_data(as_text=True)
    assert f'href="/{new}/leave"' in shown, "the seat's cookie is the new room's"
    assert room["code"] not in await (await client.get("/", headers=PAGE)).get_data(as_text=True)
