"""Typing: who is told of whom, and that no name stays behind. The clock is the test's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chadchat.domain import members, rooms
from chadchat.domain.members import Member, Seat
from chadchat.domain.messages import Draft
from chadchat.domain.messages import post as say
from chadchat.domain.rooms import Room
from chadchat.errors import RoomReadOnly
from chadchat.events import Event
from chadchat.live import typing
from chadchat.live.feeds import Feeds
from chadchat.live.typing import Typing
from chadchat.log.local import LocalLog

from .hands import NDJSON, Hand, reader, settle


@dataclass
class Call:
    """A call that is to come."""

    at: float
    run: Callable[[], Any]
    due: bool = True

    def cancel(self) -> None:
        self.due = False


class Clock:
    """Timers that go off when the test says that time has passed."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[Call] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> Call:
        self.calls.append(Call(self.now + delay, lambda: callback(*args)))
        return self.calls[-1]

    async def passes(self, seconds: float) -> None:
        """Run what is due, each at its time, and let the streams be written."""
        end = self.now + seconds
        while due := [call for call in self.calls if call.due and call.at <= end]:
            call = min(due, key=lambda one: one.at)
            self.now, call.due = call.at, False
            call.run()
        self.now = end
        if seconds:
            await settle()


@dataclass
class Table:
    """A room, its members, and what one of its readers was told."""

    room: Room
    typing: Typing
    feeds: Feeds
    clock: Clock
    log: LocalLog

    async def types(self, *seats: Seat) -> None:
        for seat in seats:
            self.typing.began(self.room, seat.member)
        await self.clock.passes(0.001)

    async def read(self) -> Hand:
        """Open a stream as the view does."""
        feed = await self.feeds.acquire(self.room.code)
        hand = Hand()
        reader(feed, hand, format=NDJSON)
        self.typing.announce(self.room.code)
        await settle()
        return hand


def told(hand: Hand) -> list[list[str]]:
    """The names that a reader was told, time after time."""
    lines = [json.loads(line) for line in b"".join(hand.chunks).decode().splitlines()]
    return [[person["name"] for person in line["people"]] for line in lines if line["kind"] == "typing"]


@pytest.fixture
async def table(log: LocalLog, feeds: Feeds, grace: Seat) -> AsyncIterator[Table]:
    clock = Clock()
    made = Typing(feeds, clock)
    log.listen(made.changed)
    yield Table(await rooms.find(log.db, grace.room), made, feeds, clock, log)
    made.close()
    assert not any(call.due for call in clock.calls)


async def test_readers_are_told_the_whole_set_and_who_joins_is_told_it_too(
    table: Table, ada: Seat, grace: Seat
) -> None:
    first = await table.read()
    await table.types(ada)
    await table.types(grace)
    second = await table.read()
    assert told(first) == [["Ada"]]
    assert told(second) == [["Ada"]], "what all were told so far"
    await table.clock.passes(1)
    assert told(first) == told(second) == [["Ada"], ["Ada", "Grace"]]
    announced = json.loads(first.chunks[-1])
    people = [{"name": "Ada", "member": ada.member.id}, {"name": "Grace", "member": grace.member.id}]
    assert announced == {"kind": "typing", "room": ada.room, "people": people, "count": 2}


async def test_a_typist_that_vanishes_is_gone_after_its_lease_and_one_that_goes_on_stays(
    table: Table, ada: Seat, grace: Seat
) -> None:
    hand = await table.read()
    await table.types(ada, grace)
    await table.clock.passes(4)
    await table.types(grace)
    await table.clock.passes(1.9)
    assert told(hand)[-1] == ["Ada", "Grace"]
    await table.clock.passes(0.2)
    assert told(hand)[-1] == ["Grace"]
    await table.clock.passes(4)
    assert told(hand) == [["Ada"], ["Ada", "Grace"], ["Grace"], []]


async def test_a_message_ends_the_typing_of_its_author_at_once(table: Table, ada: Seat, grace: Seat) -> None:
    hand = await table.read()
    await table.types(ada, grace)
    await table.clock.passes(2)
    await say(table.log, ada.room, ada.member, Draft("tea?"))
    await table.clock.passes(0.001)
    assert told(hand)[-1] == ["Grace"]


async def test_a_reader_that_reloads_or_comes_from_another_room_is_told_what_is_so_here_and_now(
    table: Table, log: LocalLog, ada: Seat
) -> None:
    other = await rooms.create(log, log.db, "Ada")
    elsewhere = replace(table, room=await rooms.find(log.db, other.room))
    there = await elsewhere.read()
    before = await table.read()
    await table.types(ada)
    assert (told(before), told(there)) == ([["Ada"]], [])
    await table.clock.passes(7)
    after = await table.read()
    assert told(before)[-1] == []
    assert told(after) == [[]], "and not Ada, of whom an earlier reader was told"
    assert told(there) == []


async def test_a_room_whose_readers_were_all_away_tells_the_first_that_comes_back(table: Table, ada: Seat) -> None:
    await table.read()
    await table.types(ada)
    table.feeds.release(table.room.code)
    assert told(await table.read()) == [["Ada"]]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("leave", {}),
        ("kick", {"target": "ada", "whom": "Ada"}),
        ("ban", {"target": "ada", "whom": "Ada", "until": "2099"}),
        ("mute", {"target": "ada", "whom": "Ada", "until": "2099"}),
        ("room", {"read_only": True}),
        ("room", {"typing": False}),
        ("room", {"closed": True}),
        ("move", {}),
    ],
    ids=lambda part: "-".join(part) if isinstance(part, dict) else part,
)
async def test_who_may_not_type_any_more_is_not_typing(
    table: Table, ada: Seat, kind: str, changes: dict[str, Any]
) -> None:
    hand = await table.read()
    await table.types(ada)
    await table.clock.passes(2)
    changes = {name: ada.member.id if value == "ada" else value for name, value in changes.items()}
    name, member = ("Ada", ada.member.id) if kind == "leave" else ("Grace", "g")
    table.typing.changed([Event(ada.room, kind, "2036", name, member, changes=changes)])
    await table.clock.passes(0.001)
    assert told(hand) == [["Ada"], []]


async def test_a_new_name_is_told_and_a_seat_that_another_replaced_is_not(table: Table, ada: Seat) -> None:
    hand = await table.read()
    await table.types(ada)
    await table.clock.passes(2)
    await members.rename(table.log, ada.room, ada.member, "Ada L")
    await table.clock.passes(2)
    assert told(hand)[-1] == ["Ada L"]
    table.typing.changed([Event(ada.room, "join", "2036", "Ada L", "new", detail={"replaces": ada.member.id})])
    await table.clock.passes(0.001)
    assert told(hand)[-1] == []


async def test_a_hundred_typists_are_one_announcement_a_second(table: Table) -> None:
    hand = await table.read()
    for second in range(1, 4):
        for number in range(100):
            table.typing.began(table.room, Member(f"{number:04}", f"Member {number}"))
            await table.clock.passes(0 if number % 20 else 0.2)
        assert len(told(hand)) <= second + 1
    last = json.loads(hand.chunks[-1])
    assert (len(last["people"]), last["count"]) == (typing.NAMED, 100)
    await table.clock.passes(7)
    assert told(hand)[-1] == []
    assert len(told(hand)) <= 10


async def test_a_member_has_five_requests_at_once_and_then_one_in_two_seconds(
    table: Table, ada: Seat, grace: Seat
) -> None:
    hand = await table.read()
    await table.types(*[ada] * 5, grace)
    await table.clock.passes(1)
    await table.types(ada)  # over the limit: the lease is not extended
    await table.clock.passes(5.2)
    assert told(hand)[-1] == ["Grace"]
    await table.types(ada)
    await table.clock.passes(1)
    assert told(hand)[-1] == ["Ada"]


async def test_a_crowd_is_told_nothing(table: Table, ada: Seat, grace: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typing, "MOST_STREAMS", 2)
    first, _ = await table.read(), await table.read()
    await table.types(ada)
    third = await table.read()
    await table.clock.passes(1)
    await table.types(grace)
    await table.clock.passes(2)
    assert told(first) == told(third) == [["Ada"], []]
    await table.types(ada)
    await table.clock.passes(7)
    assert told(first) == [["Ada"], []]


async def test_nobody_types_where_that_is_off(table: Table, ada: Seat, grace: Seat) -> None:
    hand = await table.read()
    for rules in (replace(table.room.rules, typing=False), replace(table.room.rules, read_only=True)):
        table.typing.began(replace(table.room, rules=rules), grace.member)
    with pytest.raises(RoomReadOnly):
        table.typing.began(replace(table.room, rules=rules), ada.member)
    await table.clock.passes(1)
    assert told(hand) == []
    assert table.clock.calls == []
