from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from chadchat.domain import rooms
from chadchat.domain.members import Seat
from chadchat.domain.room_cache import RoomCache
from chadchat.errors import RoomClosed
from chadchat.events import Event, now
from chadchat.log.local import LocalLog
from chadchat.storage.db import Database, Row


class Counted:
    """A database that counts its queries, and lets something happen right after one."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.queries = 0
        self.after: Any = None

    async def one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        self.queries += 1
        row = await self._db.one(sql, parameters)
        if self.after:
            await self.after()
        return row


@pytest.fixture
def db(log: LocalLog) -> Counted:
    return Counted(log.db)


@pytest.fixture
def known(log: LocalLog, db: Counted) -> RoomCache:
    made = RoomCache(cast(Database, db))
    log.listen(made.changed)
    return made


def titled(grace: Seat, title: str) -> Event:
    return Event(room=grace.room, kind="room", at=now(), name="Grace", member=grace.member.id, changes={"title": title})


async def test_a_room_is_looked_up_once_however_much_is_said_in_it(
    log: LocalLog, grace: Seat, known: RoomCache, db: Counted
) -> None:
    first = await known.find(grace.room)
    await log.append(
        Event(room=grace.room, kind="message", at=now(), name="Grace", member=grace.member.id, text="tea?")
    )

    assert await known.find(grace.room) is first
    assert db.queries == 1


async def test_a_change_is_known_as_soon_as_it_is_committed(log: LocalLog, grace: Seat, known: RoomCache) -> None:
    assert (await known.find(grace.room)).title == ""
    await log.append(titled(grace, "Tea"))
    assert (await known.find(grace.room)).title == "Tea"

    await log.append(rooms.closing(grace.room, "Grace", grace.member.id))
    with pytest.raises(RoomClosed):
        await known.find(grace.room)


async def test_what_was_read_before_a_change_is_not_remembered_after_it(
    log: LocalLog, grace: Seat, known: RoomCache, db: Counted
) -> None:
    async def change() -> None:
        db.after = None
        await log.append(titled(grace, "Tea"))

    db.after = change
    assert (await known.find(grace.room)).title == ""
    assert (await known.find(grace.room)).title == "Tea"
