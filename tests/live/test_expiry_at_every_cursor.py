"""What a reader gets of a file that has expired, by its cursor: from the ring as from the database, in every format."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chadchat.app import create_app
from chadchat.domain import edits, messages
from chadchat.domain.expiry import expire_files
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.rooms import Room
from chadchat.events import Event
from chadchat.live.frames import Texts, formats
from chadchat.live.ring import Ring
from chadchat.log.local import LocalLog
from chadchat.settings import Settings

from ..attaching import attach

SECRET = b"elderberry\n"


@pytest.mark.parametrize("name", ["sse", "html", "ndjson", "text"])
@pytest.mark.parametrize("edited", [False, True], ids=["as-posted", "edited"])
@pytest.mark.parametrize("removed", [False, True], ids=["kept", "removed"])
async def test_a_reader_has_no_word_of_the_file_wherever_it_goes_on(
    log: LocalLog, room: Room, ada: Seat, tmp_path: Path, name: str, edited: bool, removed: bool
) -> None:
    made = formats(create_app(Settings()).jinja_env.overlay(enable_async=False))
    format, ring, heard = Texts().at("text", "") if name == "text" else made[name], Ring(), list[Event]()
    log.listen(heard.extend)

    said = await attach(log, tmp_path / "data", ada, SECRET, "paste.txt", "look")
    if edited:
        await edits.edit(log, log.db, room, ada.member, said.seq, Draft("look here"), 24)
    assert await expire_files(log, log.db, 30, datetime.now(UTC) + timedelta(days=31)) == 1
    if removed:
        await messages.remove(log, log.db, room, ada.member, said.seq)
    for event in [*await log.read(room.code, 0, said.seq - 1), *heard]:
        ring.append(event)

    kept = await log.tail(room.code, 20)
    for cursor in range(said.seq - 1, kept[-1].seq + 1):
        frames = [format.event(event) for event in kept if event.seq > cursor]
        assert ring.frames(cursor, format) == frames
        assert b"elderberry" not in b"".join(frames)
        assert not removed or b"paste.txt" not in b"".join(frames)
