"""Expiry: the bytes of a file go after so many days, its message says so, and nothing else of it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chadchat.domain import edits, messages
from chadchat.domain.expiry import expire_files
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.retention import Keep, sweep
from chadchat.domain.rooms import Room
from chadchat.errors import MessageNotFound
from chadchat.events import Event, now
from chadchat.kinds import rewritten
from chadchat.log.local import LocalLog
from chadchat.storage.check import check
from chadchat.storage.db import FILE

from ..attaching import attach, holds

DAYS = 30
SECRET = b"elderberry\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def a_month_passes(log: LocalLog, days: float = DAYS + 1) -> int:
    return await expire_files(log, log.db, DAYS, datetime.now(UTC) + timedelta(days=days))


async def the_newest(log: LocalLog, room: Room) -> Event:
    (event,) = await log.tail(room.code, 1)
    return event


async def rows(log: LocalLog) -> list[tuple[object, ...]]:
    return await log.db.all("SELECT seq, kind, size FROM files")


async def test_a_file_expires_when_its_days_are_over_and_not_before(
    log: LocalLog, room: Room, ada: Seat, data: Path
) -> None:
    said = await attach(log, data, ada, SECRET, "paste.txt", "look")
    assert said.changes["file"]["lines"].startswith("elderberry")
    assert await a_month_passes(log, DAYS - 1) == 0

    assert await a_month_passes(log) == 1

    file = {"id": said.changes["file"]["id"], "name": "paste.txt", "size": 11, "type": "text/plain", "expired": True}
    kept = await messages.one(log.db, room, said.seq)
    assert (kept.text, kept.changes) == ("look", {"file": file})
    event = await the_newest(log, room)
    assert (event.kind, event.name, event.changes) == (
        "expire",
        None,
        {"target": said.seq, "whom": "Ada", "posted": said.at, "file": file},
    )
    assert await rows(log) == [(said.seq, "expired", 0)]
    assert await log.db.all("SELECT id FROM gone_files") == [(file["id"],)]
    assert await a_month_passes(log) == 0


async def test_an_expired_file_is_as_expired_after_a_replay(log: LocalLog, room: Room, ada: Seat, data: Path) -> None:
    old = await attach(log, data, ada)
    await a_month_passes(log)
    await edits.edit(log, log.db, room, ada.member, old.seq, Draft("the log of today"), 24 * 365)
    await attach(log, data, ada)

    await sweep(log, log.db, Keep(events=1))
    await log.close()

    assert check(data).faults == []


async def test_the_first_lines_of_a_text_go_from_every_byte_of_the_database(
    log: LocalLog, room: Room, ada: Seat, data: Path
) -> None:
    said = await attach(log, data, ada, SECRET, "paste.txt", "look")
    await edits.edit(log, log.db, room, ada.member, said.seq, Draft("look at this"), 24)

    await a_month_passes(log)

    assert (await messages.one(log.db, room, said.seq)).text == "look at this"
    await log.close()
    assert SECRET[:-1] not in (data / FILE).read_bytes()
    assert [path.parent.parent.name for path in holds(data, SECRET)] == ["files"]  # the sweep of files deletes it


async def test_with_the_message_goes_what_its_expiry_told_of_the_file(
    log: LocalLog, room: Room, ada: Seat, data: Path
) -> None:
    said = await attach(log, data, ada, name="elderberry.txt")
    await a_month_passes(log)
    event = await the_newest(log, room)
    assert rewritten(event) is not None

    await messages.remove(log, log.db, room, ada.member, said.seq)

    (event,) = [one for one in await log.tail(room.code, 9) if one.kind == "expire"]
    assert rewritten(event) is None
    assert await rows(log) == []
    await log.close()
    assert b"elderberry" not in (data / FILE).read_bytes()
    assert check(data).faults == []


async def test_what_has_no_file_any_more_does_not_expire(log: LocalLog, room: Room, ada: Seat, data: Path) -> None:
    said = [await attach(log, data, ada) for _ in range(2)]
    words = await messages.post(log, room.code, ada.member, Draft("words"))
    await messages.remove(log, log.db, room, ada.member, said[0].seq)
    await a_month_passes(log)

    for seq in (said[0].seq, said[1].seq, words.event.seq, 99):
        with pytest.raises(MessageNotFound):
            await log.append(Event(room.code, "expire", now(), changes={"target": seq, "whom": "Ada", "posted": now()}))


async def test_a_sweep_lets_files_expire_and_0_days_keep_them(
    log: LocalLog, room: Room, ada: Seat, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await attach(log, data, ada)
    ahead = datetime.now(UTC) + timedelta(hours=23)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> Clock:
            return cls.fromtimestamp(ahead.timestamp(), UTC)

    monkeypatch.setattr("chadchat.domain.retention.datetime", Clock)
    await sweep(log, log.db, Keep())
    assert [kind for _, kind, _ in await rows(log)] == ["file"]

    monkeypatch.setattr("chadchat.domain.expiry.timedelta", lambda days: timedelta(hours=days))
    await sweep(log, log.db, Keep(files=2))

    assert [kind for _, kind, _ in await rows(log)] == ["expired"]
