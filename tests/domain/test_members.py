"""Rooms and seats: joining, arriving, leaving and coming back."""

from __future__ import annotations

import secrets

import pytest

from chadchat.domain import members, messages, rooms
from chadchat.domain.codes import is_code
from chadchat.domain.members import Seat, hashed
from chadchat.domain.messages import Draft
from chadchat.domain.rooms import Room
from chadchat.errors import AlreadyHere, NameRequired, NameTaken, RoomNotFound, SeatRequired, TitleInvalid
from chadchat.log.local import LocalLog


async def test_a_new_room_has_a_code_an_owner_and_the_first_two_lines(log: LocalLog, grace: Seat, room: Room) -> None:
    assert is_code(room.code)
    assert grace.member.owner
    assert [(event.kind, event.name) for event in await log.read(room.code, 0, 9)] == [
        ("room", "Grace"),
        ("join", "Grace"),
    ]
    assert (grace.cursor, room.head) == (f"{room.epoch}-2", 2)


async def test_two_rooms_never_share_a_code(log: LocalLog, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["KQZF", "KQZF", "ABCD"])
    monkeypatch.setattr(rooms, "draw_code", lambda taken: next(drawn))

    codes = [(await rooms.create(log, log.db, "Grace")).room for _ in range(2)]

    assert codes == ["KQZF", "ABCD"]


async def test_a_room_needs_a_name_and_a_readable_title(log: LocalLog) -> None:
    with pytest.raises(NameRequired):
        await rooms.create(log, log.db, " ")
    with pytest.raises(TitleInvalid):
        await rooms.create(log, log.db, "Grace", "x" * 81)
    with pytest.raises(TitleInvalid):
        await rooms.create(log, log.db, "Grace", "a\u202eb")


async def test_an_unknown_room_is_not_found(log: LocalLog) -> None:
    with pytest.raises(RoomNotFound, match=r"There is no room ZZZZ, or it is locked\."):
        await rooms.find(log.db, "ZZZZ")


async def test_a_token_holds_its_seat_and_is_stored_only_as_a_hash(log: LocalLog, ada: Seat, room: Room) -> None:
    assert await members.seated(log.db, room.code, ada.token) == ada.member
    assert await members.seated(log.db, room.code, "cct_wrong") is None
    stored = await log.db.all("SELECT token FROM members")
    assert (hashed(ada.token),) in stored
    assert not any(ada.token in str(row) for row in await log.db.all("SELECT event FROM log") + stored)


async def test_a_seat_is_worth_nothing_in_another_room(log: LocalLog, ada: Seat) -> None:
    other = (await rooms.create(log, log.db, "Mallory")).room

    assert await members.seated(log.db, other, ada.token) is None


@pytest.mark.parametrize("name", ["Ada", "ADA", " ada ", "Аda".replace("А", "A"), "Ａｄａ"])
async def test_a_name_is_one_persons_in_a_room(log: LocalLog, ada: Seat, name: str) -> None:
    with pytest.raises(NameTaken):
        await members.take_seat(log, ada.room, name)


async def test_the_same_name_is_free_in_another_room(log: LocalLog, ada: Seat) -> None:
    other = await rooms.create(log, log.db, "Grace")

    assert (await members.take_seat(log, other.room, "Ada")).member.name == "Ada"


async def test_a_seat_given_up_frees_the_name_and_ends_the_token(log: LocalLog, ada: Seat, room: Room) -> None:
    await members.give_up_seat(log, ada.room, ada.member)

    assert await members.seated(log.db, room.code, ada.token) is None
    with pytest.raises(SeatRequired):
        await members.arrive(log, ada.room, ada.member)
    again = await members.take_seat(log, ada.room, "Ada")
    assert again.member.id != ada.member.id


async def test_people_come_and_go_once(log: LocalLog, ada: Seat, grace: Seat, room: Room) -> None:
    with pytest.raises(AlreadyHere):
        await members.arrive(log, room.code, ada.member)
    await members.depart(log, room.code, ada.member)
    with pytest.raises(AlreadyHere):
        await members.depart(log, room.code, ada.member)
    assert [member.name for member in (await members.here(log.db, room.id)).shown] == ["Grace"]

    await members.arrive(log, room.code, ada.member)

    people = await members.here(log.db, room.id)
    assert people.public() == {
        "people": [grace.member.public() | {"owner": True}, ada.member.public()],
        "count": 2,
        "away": [],
    }
    kinds = [event.kind for event in await log.read(room.code, 2, 9)]
    assert kinds == ["join", "leave", "join"]


async def test_a_long_list_of_people_is_cut_and_counted(
    log: LocalLog, ada: Seat, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "PEOPLE_SHOWN", 1)

    people = await members.here(log.db, room.id)

    assert [member.name for member in people.shown] == ["Grace"]
    assert people.count == 2


async def test_members_whose_ids_collide_get_others(log: LocalLog, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = iter(["aaaa", "aaaa", "bbbb"])
    monkeypatch.setattr(secrets, "token_hex", lambda size: next(ids))

    seats = [await members.take_seat(log, room.code, name) for name in ("Ada", "Bob")]

    assert [seat.member.id for seat in seats] == ["aaaa", "bbbb"]


async def test_an_outsider_cannot_post_under_a_seats_name(log: LocalLog, ada: Seat, room: Room) -> None:
    with pytest.raises(NameTaken):
        await messages.post(log, room.code, None, Draft("I owe Mallory 100", name="АDA".replace("А", "A")))

    assert (await messages.post(log, room.code, None, Draft("hello", name="Mallory"))).event.member is None
