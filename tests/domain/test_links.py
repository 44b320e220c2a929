"""Links: each kind opens what it is for and nothing else, and can be revoked."""

from __future__ import annotations

import pytest

from chadchat.domain import links, members, messages, room_settings, rooms
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft, Stranger
from chadchat.domain.passphrases import Passphrases
from chadchat.domain.rooms import Room
from chadchat.errors import RecordNotFound, RoomNotFound, SettingInvalid
from chadchat.log.local import LocalLog


@pytest.fixture
async def locked(log: LocalLog, grace: Seat) -> Room:
    room = await rooms.find(log.db, grace.room)
    fields = {"lock": "passphrase", "passphrase": "correct horse"}
    await room_settings.change(log, Passphrases(), room, grace.member, fields)
    return await rooms.find(log.db, grace.room)


async def test_a_link_is_listed_without_its_token_which_is_stored_only_as_a_hash(
    log: LocalLog, grace: Seat, locked: Room
) -> None:
    link, token = await links.make(log, locked.code, grace.member, "read")

    assert token.startswith("ccl_")
    assert await links.all_of(log.db, locked) == [link]
    assert await links.held(log.db, locked, token) == link
    stored = await log.db.all("SELECT token FROM links") + await log.db.all("SELECT event FROM log")
    assert not any(token in str(row) for row in stored)


@pytest.mark.parametrize("kind", ["read", "post", "join"])
async def test_a_link_opens_what_it_says_and_nothing_else(log: LocalLog, grace: Seat, locked: Room, kind: str) -> None:
    link, _ = await links.make(log, locked.code, grace.member, kind)

    async def post() -> None:
        await messages.post(log, locked.code, Stranger("there", link.id), Draft("tea?"))

    async def join() -> None:
        await members.take_seat(log, locked.code, "Ada", opened={"link": link.id})

    for act, opens in ((post, "post"), (join, "join")):
        if kind == opens:
            await act()
        else:
            with pytest.raises(RoomNotFound):
                await act()


async def test_a_link_that_was_revoked_opens_nothing(log: LocalLog, grace: Seat, locked: Room) -> None:
    link, token = await links.make(log, locked.code, grace.member, "join")

    await links.revoke(log, locked.code, grace.member, link.id)

    assert await links.held(log.db, locked, token) is None
    assert await links.all_of(log.db, locked) == []
    with pytest.raises(RoomNotFound):
        await members.take_seat(log, locked.code, "Mallory", opened={"link": link.id})
    with pytest.raises(RecordNotFound):
        await links.revoke(log, locked.code, grace.member, link.id)


async def test_a_link_is_worth_nothing_in_another_room(log: LocalLog, grace: Seat, locked: Room) -> None:
    other = await rooms.create(log, log.db, "Mallory")
    hers, token = await links.make(log, other.room, other.member, "join")

    assert await links.held(log.db, locked, token) is None
    with pytest.raises(RoomNotFound):
        await members.take_seat(log, locked.code, "Mallory", opened={"link": hers.id})


async def test_there_are_three_kinds_of_links(log: LocalLog, grace: Seat, locked: Room) -> None:
    with pytest.raises(SettingInvalid, match="read, post or join"):
        await links.make(log, locked.code, grace.member, "own")
