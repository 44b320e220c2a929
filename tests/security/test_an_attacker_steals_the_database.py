"""Requirement 5: tokens are long, new at each join, stored as hashes, and never in an address."""

from __future__ import annotations

import sqlite3
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from chadchat.domain.members import hashed

from ..serving import Server
from .conftest import Visitor

PAGE = {"Accept": "text/html"}


async def test_what_is_stored_opens_nothing(tmp_path: Path, ada: Visitor, room: dict[str, str]) -> None:
    token = room["token"]
    assert len(token.removeprefix("cct_")) >= 43  # 256 bits in base64url

    stored = b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir() if file.is_file())
    assert hashed(token).encode() in stored
    assert token.encode() not in stored

    thief = {"Authorization": f"Bearer {hashed(token)}"}
    assert (await ada("POST", f"/{room['code']}", data="mine", headers=thief)).status_code == 401
    cookie = {"Cookie": f"chad-{room['code']}={hashed(token)}", "Accept": "text/html"}
    assert (await ada("POST", f"/{room['code']}", form={"text": "mine"}, headers=cookie)).status_code == 401


async def test_tables_hold_the_hash_and_nothing_else(tmp_path: Path, ada: Visitor, room: dict[str, str]) -> None:
    db = sqlite3.connect(f"file:{tmp_path / 'data' / 'chadchat.sqlite3'}?mode=ro", uri=True)
    try:
        assert db.execute("SELECT token FROM members").fetchall() == [(hashed(room["token"]),)]
    finally:
        db.close()


async def test_every_join_draws_a_new_token(ada: Visitor, room: dict[str, str]) -> None:
    answers = [await ada("POST", f"/{room['code']}/join", json={"name": f"Ada {number}"}) for number in range(5)]
    tokens = {(await answer.get_json())["token"] for answer in answers}

    assert len(tokens) == 5


async def test_a_seat_that_changes_its_name_keeps_its_token_and_no_other_opens_it(
    ada: Visitor, room: dict[str, str]
) -> None:
    code = room["code"]
    old = {"Cookie": f"chad-{code}={room['token']}"}
    renamed = await ada("POST", f"/{code}/join", form={"name": "Countess", "sure": "1"}, headers=PAGE | old)

    assert SimpleCookie(renamed.headers["Set-Cookie"])[f"chad-{code}"].value == room["token"]
    bearer = {"Authorization": f"Bearer {room['token']}"}
    said = await ada("POST", f"/{code}", data="still me", headers=bearer)
    assert (said.status_code, (await said.get_json())["name"]) == (201, "Countess")
    other = {"Authorization": f"Bearer {room['token'][:-1]}"}
    assert (await ada("POST", f"/{code}", data="not me", headers=other)).status_code == 401


async def test_a_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(ada: Visitor) -> None:
    answer = await ada("POST", "/", form={"name": "Ada", "create": "1"}, headers=PAGE)

    morsel = next(iter(SimpleCookie(answer.headers["Set-Cookie"]).values()))
    assert morsel.key.startswith("chad-")
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Lax", "/")
    assert int(morsel["max-age"]) == 30 * 24 * 3600
    assert not morsel["domain"]
    assert "token" not in answer.headers["Location"]


def test_over_tls_the_browser_refuses_the_cookie_from_anywhere_else(tmp_path: Path) -> None:
    server = Server(tmp_path / "tls", trusted_hops="1").start()
    try:
        headers = PAGE | {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
        answer = httpx.post(f"{server.url}/", data={"name": "Ada", "create": "1"}, headers=headers)
        code = answer.headers["Location"].strip("/")
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"__Host-chad-{code}=")
        assert all(part in cookie for part in ("; Secure", "; HttpOnly", "; Path=/", "; SameSite=Lax"))
        token = cookie.partition("=")[2].partition(";")[0]

        def seen(name: str) -> bool:
            shown = httpx.get(f"{server.url}/{code}", headers=headers | {"Cookie": f"{name}={token}"}).text
            return 'id="composer"' in shown

        assert seen(f"__Host-chad-{code}")
        assert not seen(f"chad-{code}")  # a plain-http neighbour could have set that one
    finally:
        server.stop()


@pytest.mark.parametrize("where", ["token", "key", "access_token", "authorization"])
async def test_a_token_in_an_address_is_worth_nothing(ada: Visitor, room: dict[str, str], where: str) -> None:
    answer = await ada("POST", f"/{room['code']}?{where}={room['token']}", json={"text": "hi", "name": "Ada"})

    assert (answer.status_code, (await answer.get_json())["code"]) == (401, "authorization_unknown")
