"""Colours: people of one room look different, and each looks the same everywhere."""

from __future__ import annotations

import itertools

import pytest

from chadchat.domain import knocks, members, rooms
from chadchat.domain.colours import HUES, free_hues, hue
from chadchat.domain.members import Seat
from chadchat.events import Event
from chadchat.log.local import LocalLog


async def join(log: LocalLog, room: str, name: str) -> int:
    """The hue of a newcomer."""
    seat = await members.take_seat(log, room, name, hues=await free_hues(log.db, room))
    return hue(seat.member.id)


def distance(one: int, other: int) -> int:
    return min((one - other) % HUES, (other - one) % HUES)


async def test_as_many_people_as_there_are_hues_have_one_each(log: LocalLog, ada: Seat) -> None:
    room = (await rooms.create(log, log.db, "Grace")).room
    people = await members.here(log.db, (await rooms.find(log.db, room)).id)
    found = [hue(person.id) for person in people.shown]
    found += [await join(log, room, f"Guest {number}") for number in range(HUES - 1)]

    assert sorted(found) == list(range(HUES))
    later = [await join(log, room, f"Later {number}") for number in range(HUES)]
    assert sorted(later) == list(range(HUES))


@pytest.mark.parametrize("attempt", range(5))
async def test_three_people_have_colours_far_from_each_other(log: LocalLog, attempt: int) -> None:
    seat = await rooms.create(log, log.db, "Grace")
    found = [hue(seat.member.id), await join(log, seat.room, "Ada"), await join(log, seat.room, "Mallory")]

    assert min(distance(*pair) for pair in itertools.combinations(found, 2)) >= HUES // 4


async def test_the_colour_of_somebody_who_spoke_and_went_is_not_given_away_at_once(log: LocalLog) -> None:
    seat = await rooms.create(log, log.db, "Grace")
    await members.depart(log, seat.room, seat.member)

    assert hue(seat.member.id) not in await free_hues(log.db, seat.room)


async def test_who_is_let_in_has_a_free_hue_too(log: LocalLog) -> None:
    seat = await rooms.create(log, log.db, "Grace")
    lock = Event(seat.room, "room", "2026", "Grace", seat.member.id, changes={"lock": "approval"})
    await log.append(lock)
    await knocks.knock(log, seat.room, "Ada", "address")
    room = await rooms.find(log.db, seat.room)
    free = await free_hues(log.db, seat.room)
    waiting = await knocks.waiting(log.db, room)

    assert hue((await knocks.admit(log, log.db, room, seat.member, waiting[0].id)).id) in free
