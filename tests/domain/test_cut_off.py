"""What a prune has cut off is gone for every reader at once, though it is removed from the file in steps after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chadchat.app import create_app, exports
from chadchat.domain import cursors, messages, rooms
from chadchat.domain.cursors import Reset, Start
from chadchat.domain.export import export
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.rooms import Room
from chadchat.errors import MessageNotFound
from chadchat.events import Event, now
from chadchat.log.local import LocalLog
from chadchat.storage.backup import back_up
from chadchat.storage.check import check
from chadchat.storage.db import FILE
from chadchat.storage.restore import restore

SAID = 30


@pytest.fixture
async def cut(log: LocalLog, grace: Seat) -> Room:
    """A room of which the first events were cut off, and none is removed yet."""
    for number in range(SAID):
        await messages.post(log, grace.room, grace.member, Draft(f"tea {number}"))
    await log.append(Event(room=grace.room, kind="prune", at=now(), changes={"before": 20}))
    room = await rooms.find(log.db, grace.room)
    assert await log.db.one("SELECT count(*) FROM log WHERE seq < ?", (room.tail,)) == (19,)
    return room


async def test_no_page_of_history_shows_it(log: LocalLog, cut: Room) -> None:
    for seq in (None, 25, 20, 5):
        assert all(event.seq >= 20 for event in (await messages.before(log.db, cut, seq, 500)).events)
        assert all(event.seq >= 20 for event in (await messages.messages_before(log.db, cut, seq, 500)).events)
    assert (await messages.before(log.db, cut, None, 500)).older is None
    assert (await messages.messages_before(log.db, cut, None, 3)).older
    assert (await messages.messages_before(log.db, cut, 21, 500)).older is None
    assert all(event.seq >= 20 for event in (await messages.around(log.db, cut, 22, 500)).events)


@pytest.mark.parametrize("seq", [3, 10, 19])
async def test_no_message_of_it_is_found(log: LocalLog, cut: Room, seq: int) -> None:
    with pytest.raises(MessageNotFound):
        await messages.one(log.db, cut, seq)
    with pytest.raises(MessageNotFound):
        await messages.around(log.db, cut, seq)


async def test_no_reader_of_the_log_gets_it(log: LocalLog, cut: Room) -> None:
    assert [event.seq for event in await log.read(cut.code, 0, 500)] == list(range(20, cut.head + 1))
    assert [event.seq for event in await log.tail(cut.code, 500)] == list(range(20, cut.head + 1))
    assert await cursors.resolve(log.db, cut, Start(everything=True)) == 19
    assert await cursors.resolve(log.db, cut, Start(epoch=cut.epoch, seq=5)) == Reset("pruned")
    said = "".join([part async for _, part in export(log.db, cut, exports(create_app())["jsonl"])])
    assert "tea 16" not in said
    assert "tea 20" in said


async def test_a_backup_made_meanwhile_is_whole_and_restores(log: LocalLog, cut: Room, tmp_path: Path) -> None:
    back_up(tmp_path / "data", tmp_path / "copy")
    assert check(tmp_path / "data").faults == []
    await log.close()

    restore(tmp_path / "other", tmp_path / "copy")

    assert (tmp_path / "other" / FILE).exists()
    assert check(tmp_path / "other").faults == []
    second = await LocalLog.open(tmp_path / "other")
    assert (await second.read(cut.code, 0, 1))[0].seq == 20
    await second.close()
