"""Starting points of a stream: cursors, durations and times."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chadchat.domain import messages
from chadchat.domain.cursors import Reset, Start, parse, resolve
from chadchat.domain.messages import Draft
from chadchat.domain.rooms import Room, find
from chadchat.errors import CursorInvalid
from chadchat.log.local import LocalLog


def test_a_start_is_a_cursor_a_word_a_duration_or_a_time() -> None:
    assert parse("k3f9-128") == Start(epoch="k3f9", seq=128)
    assert parse("all") == Start(everything=True)
    assert parse("-20") == Start(newest=20)
    assert parse("none") == Start()
    assert parse("2026-11-22T12:00:00Z") == Start(moment="2026-11-22T12:00:00.000Z")
    assert parse("2026-11-22T13:00:00+01:00") == Start(moment="2026-11-22T12:00:00.000Z")
    assert parse("1795348800") == Start(moment="2026-11-22T12:00:00.000Z")
    assert parse("2026-11-22T13:00:00 01:00") == Start(moment="2026-11-22T12:00:00.000Z")  # what + is in an address
    assert parse("1795348800.5") == parse("1795348800123") == Start(moment="2026-11-22T12:00:00.000Z")
    assert (parse("1w").moment or "") < (parse("6d").moment or "")
    assert (parse("10m").moment or "") > (parse("2h").moment or "") > (parse("1d").moment or "")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "128",
        "k3f9-",
        "K3F9-1",
        "k3f9-1\n",
        "k3f9-1234567890123456",
        "999999d",
        "10y",
        "yesterday",
        "-0",
        "-",
        "--1",
        "-20m",
        "-1234567",
        "-２",
        "k3f9-１",
        "x" * 99,
        "9" * 5000,
        "2026-11-22" * 50,
        "99999999w",
    ],
)
def test_anything_else_is_refused_with_what_would_do(value: str) -> None:
    with pytest.raises(CursorInvalid, match="Use a cursor"):
        parse(value)


async def test_a_start_resolves_to_the_seq_that_was_had_last(log: LocalLog, room: Room) -> None:
    assert await resolve(log.db, room, Start(everything=True)) == 0
    assert await resolve(log.db, room, Start()) == room.head
    assert await resolve(log.db, room, Start(newest=1)) == room.head - 1
    assert await resolve(log.db, room, Start(newest=20)) == 0
    assert await resolve(log.db, room, Start(epoch=room.epoch, seq=1)) == 1
    assert await resolve(log.db, room, Start(epoch=room.epoch, seq=room.head)) == room.head


async def test_a_cursor_that_cannot_be_honoured_is_a_reset(log: LocalLog, room: Room) -> None:
    assert await resolve(log.db, room, Start(epoch="zzzz", seq=1)) == Reset("epoch")
    assert await resolve(log.db, room, Start(epoch=room.epoch, seq=room.head + 1)) == Reset("ahead")


async def test_a_moment_resolves_to_what_came_before_it(
    log: LocalLog, room: Room, machine: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine("2036-01-01T00:40:00.000Z")
    for minute in range(10, 40):
        monkeypatch.setattr(messages, "now", lambda minute=minute: f"2036-01-01T00:{minute}:00.000Z")
        await messages.post(log, room.code, None, Draft(str(minute)))
    room = await find(log.db, room.code)

    async def first_after(moment: str) -> str | None:
        seq = await resolve(log.db, room, Start(moment=moment))
        assert isinstance(seq, int)
        events = await log.read(room.code, seq, 1)
        return events[0].text if events else None

    assert await first_after("2036-01-01T00:20:00.000Z") == "20"
    assert await first_after("2036-01-01T00:19:30.000Z") == "20"
    assert await first_after("2036-01-01T00:39:00.000Z") == "39"
    assert await first_after("2036-01-01T00:39:00.001Z") is None
    assert await resolve(log.db, room, Start(moment="2000-01-01T00:00:00.000Z")) == 0
