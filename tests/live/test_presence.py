"""Presence: the members who are here, and when joins and leaves are logged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chadchat.domain import members, rooms
from chadchat.domain.members import Member, Seat
from chadchat.events import Event
from chadchat.live import presence as presence_module
from chadchat.live.feeds import Feeds
from chadchat.live.presence import Presence
from chadchat.log.local import LocalLog


@asynccontextmanager
async def streaming(presence: Presence, room: str, member: Member) -> AsyncIterator[None]:
    """One open stream of a member's."""
    stream = object()
    await presence.arrive(room, member, stream)
    yield
    presence.gone(room, member, stream)


class Lines:
    """The joins and leaves of a room as they are committed, to be waited for."""

    def __init__(self, log: LocalLog) -> None:
        self.seen: list[str] = []
        self._new = asyncio.Event()
        log.listen(self._hear)

    def _hear(self, events: object) -> None:
        assert isinstance(events, list)
        self.seen += [f"{event.kind} {event.name}" for event in events if isinstance(event, Event)]
        self._new.set()

    async def wait(self, count: int) -> list[str]:
        async with asyncio.timeout(5):
            while len(self.seen) < count:
                self._new.clear()
                await self._new.wait()
        return self.seen


@pytest.fixture
async def feeds(log: LocalLog) -> AsyncIterator[Feeds]:
    made = Feeds(log, heartbeat=1000)
    log.listen(made.publish)
    yield made
    made.end()


@pytest.fixture
async def presence(log: LocalLog, feeds: Feeds, ada: Seat) -> AsyncIterator[Presence]:
    """Ada has just joined. Grace (0.02 s) and idleness (0.05 s) are short."""
    made = Presence(log, log.db, feeds, grace=0.02, idle=0.05)
    log.listen(made.changed)
    yield made
    await made.close()


async def test_a_reload_is_silent(log: LocalLog, presence: Presence, ada: Seat) -> None:
    lines = Lines(log)
    async with streaming(presence, ada.room, ada.member):
        pass
    async with streaming(presence, ada.room, ada.member):
        await asyncio.wait_for(asyncio.shield(log.append(leave_nothing(ada.room))), 1)
        assert lines.seen == ["message x"]


def leave_nothing(room: str) -> Event:
    detail = {"skeleton": "x"}
    return Event(room=room, kind="message", at="2036", name="x", text="x", html="x", detail=detail)


async def test_a_member_has_left_some_time_after_the_last_of_their_streams(
    log: LocalLog, presence: Presence, ada: Seat
) -> None:
    lines = Lines(log)
    async with streaming(presence, ada.room, ada.member):
        async with streaming(presence, ada.room, ada.member):
            pass
        assert lines.seen == []

    assert await lines.wait(1) == ["leave Ada"]


async def test_the_list_of_people_changes_before_the_leave_is_logged(
    log: LocalLog, feeds: Feeds, ada: Seat, grace: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence_module, "AWAY_AFTER", 0.02)
    lines, hidden = Lines(log), asyncio.Event()
    presence = Presence(log, log.db, feeds, grace=1000, idle=1000)
    monkeypatch.setattr(presence, "announce", lambda code: hidden.set())
    room = await rooms.find(log.db, ada.room)

    async with streaming(presence, ada.room, ada.member):
        assert [member.name for member in (await presence.here(room)).shown] == ["Grace", "Ada"]
    await asyncio.wait_for(hidden.wait(), 5)
    assert [member.name for member in (await presence.here(room)).shown] == ["Grace"]
    assert [member.name for member in (await presence.here(room)).away] == ["Ada"]

    hidden.clear()
    presence.seen(ada.room, ada.member)  # at the settings, say
    assert hidden.is_set()
    people = await presence.here(room)
    assert (people.count, people.away) == (2, [])
    assert lines.seen == []
    await presence.close()


async def test_a_member_who_comes_back_later_has_entered_again(log: LocalLog, presence: Presence, ada: Seat) -> None:
    lines = Lines(log)
    async with streaming(presence, ada.room, ada.member):
        pass
    await lines.wait(1)
    async with streaming(presence, ada.room, ada.member):
        assert await lines.wait(2) == ["leave Ada", "join Ada"]


async def test_a_member_leaves_under_the_name_they_have_by_then(log: LocalLog, presence: Presence, ada: Seat) -> None:
    lines = Lines(log)
    log.listen(presence.changed)
    async with streaming(presence, ada.room, ada.member):
        await members.rename(log, ada.room, ada.member, "Ada L")

    assert await lines.wait(2) == ["rename Ada L", "leave Ada L"]


async def test_a_member_who_comes_back_at_the_very_end_of_the_grace_is_here(
    log: LocalLog, presence: Presence, ada: Seat
) -> None:
    lines = Lines(log)
    presence.joined(ada.room, ada.member)
    presence._leases[ada.room, ada.member.id].extend(None)
    presence._end(ada.room, ada.member.id)  # the timer has fired; what it does has not run yet
    async with streaming(presence, ada.room, ada.member):
        assert await lines.wait(2) == ["leave Ada", "join Ada"]


async def test_a_member_without_a_stream_goes_after_a_while_without_signs_of_life(
    log: LocalLog, presence: Presence, ada: Seat
) -> None:
    lines = Lines(log)
    presence.joined(ada.room, ada.member)
    presence.seen(ada.room, ada.member)

    assert await lines.wait(1) == ["leave Ada"]


async def test_who_gave_up_the_seat_does_not_leave_twice(log: LocalLog, presence: Presence, ada: Seat) -> None:
    lines = Lines(log)
    async with streaming(presence, ada.room, ada.member):
        await members.give_up_seat(log, ada.room, ada.member)
        presence.gave_up(ada.room, ada.member)

    bob = await members.take_seat(log, ada.room, "Bob")
    presence.joined(ada.room, bob.member)
    assert await lines.wait(3) == ["leave Ada", "join Bob", "leave Bob"]


async def test_after_a_restart_people_have_a_while_to_come_back(
    log: LocalLog, feeds: Feeds, ada: Seat, grace: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence_module, "RETURN", 0.05)
    lines = Lines(log)
    restarted = Presence(log, log.db, feeds, grace=10, idle=10)
    await restarted.start()

    async with streaming(restarted, ada.room, ada.member):
        assert await lines.wait(1) == ["leave Grace"]
    await restarted.close()


async def test_stopping_marks_nobody_as_gone(tmp_path: Path) -> None:
    log = await LocalLog.open(tmp_path)
    feeds = Feeds(log, 1000)
    presence = Presence(log, log.db, feeds, grace=0, idle=0)
    seat = await rooms.create(log, log.db, "Grace")
    async with streaming(presence, seat.room, seat.member):
        feeds.end()
    await presence.close()
    assert [(code, member.name) for code, member in await members.everyone_here(log.db)] == [(seat.room, "Grace")]
    await log.close()
