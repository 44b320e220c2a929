"""Readers of a feed that asked for some of the events: what they get, and where they go on from."""

from __future__ import annotations

import pytest

from chadchat.domain.rooms import Room
from chadchat.domain.selection import Selection, select
from chadchat.events import Event
from chadchat.live import feed as feed_module
from chadchat.live import ring
from chadchat.live.feeds import Feeds
from chadchat.log.local import LocalLog

from .hands import NDJSON, TEXT, Hand, post, reader, settle

MESSAGES = Selection(frozenset({"message"}), None)
NOTHING = Selection(frozenset({"ban"}), None)


async def test_a_reader_gets_the_kinds_it_asked_for_and_its_limit_counts_those(
    log: LocalLog, feeds: Feeds, room: Room
) -> None:
    async with feeds.open(room.code) as feed:
        _, hand = reader(feed, cursor=0, left=2, selection=MESSAGES)
        _, silent = reader(feed, cursor=0, left=2, selection=NOTHING)

        await post(log, room, "a", "b", "c")
        await settle()

        assert (hand.texts, hand.closed) == (["a", "b"], True)
        assert (silent.chunks, silent.closed) == ([], False)


async def test_a_reader_that_gets_all_shares_its_chunks_with_none_that_gets_some(
    log: LocalLog, feeds: Feeds, room: Room
) -> None:
    async with feeds.open(room.code) as feed:
        _, some = reader(feed, selection=NOTHING)
        _, other = reader(feed, selection=NOTHING)
        hands = [reader(feed)[1] for _ in range(3)]

        await post(log, room, "a", "b")
        await settle()

        assert [hand.texts for hand in hands] == [["a", "b"]] * 3
        assert some.chunks == other.chunks == []


async def test_a_reader_behind_the_ring_gets_its_kinds_from_the_log(
    log: LocalLog, feeds: Feeds, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ring, "EVENTS", 4)
    monkeypatch.setattr(feed_module, "PAGE", 3)
    await post(log, room, *map(str, range(20)))
    async with feeds.open(room.code) as feed:
        _, hand = reader(feed, cursor=0, selection=MESSAGES)
        _, limited = reader(feed, cursor=0, selection=MESSAGES, left=7)
        _, nothing = reader(feed, cursor=0, selection=NOTHING)
        for _ in range(5):
            await settle()

        assert hand.texts == [str(number) for number in range(20)]
        assert (limited.texts, limited.closed) == ([str(number) for number in range(7)], True)
        assert nothing.chunks == []


async def test_a_silence_tells_the_cursor_of_what_was_left_out_once(log: LocalLog, feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        _, hand = reader(feed, selection=NOTHING, format=NDJSON)
        _, text = reader(feed, selection=NOTHING, format=TEXT)
        _, whole = reader(feed, format=NDJSON)
        await feed.beat(0)
        assert hand.chunks == [NDJSON.heartbeat], "nothing was left out yet"

        await post(log, room, "a", "b")
        await settle()
        await feed.beat(0)
        await feed.beat(0)

        said = f'{{"kind":"cursor","room":"{room.code}","cursor":"{feed.cursor}"}}\n'.encode()
        assert hand.chunks[1:] == [said, NDJSON.heartbeat]
        assert text.chunks == [TEXT.heartbeat] * 3
        assert whole.chunks[-2:] == [NDJSON.heartbeat] * 2


async def test_a_reader_that_lags_is_told_no_cursor_of_what_is_still_to_come(
    log: LocalLog, feeds: Feeds, room: Room
) -> None:
    async with feeds.open(room.code) as feed:
        subscriber, hand = reader(feed, Hand(slow=True), selection=MESSAGES, format=NDJSON)
        await post(log, room, "a", "b")
        await settle()

        assert subscriber.cursor == feed.head - 1
        hand.take()
        assert b'"text":"b"' in hand.chunks[-1]
        assert subscriber.told == subscriber.cursor == feed.head


async def test_a_reader_that_did_not_ask_for_the_people_is_not_told(feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        _, without = reader(feed, format=NDJSON, selection=MESSAGES)
        _, beside = reader(feed, format=NDJSON, selection=Selection(frozenset({"message", "people"}), None))

        feed.announce("people", {"people": [], "count": 0})
        await settle()

        assert without.chunks == []
        assert b'"kind":"people"' in beside.chunks[0]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("Ada", ["Ada", "ADA"]),
        ("a d a", ["Ada", "ADA"]),
        ("!ada", ["Adam", "ci", None]),
        ("ci", ["ci"]),
        ("nobody", []),
    ],
)
async def test_an_author_is_found_by_a_name_as_people_see_it(
    log: LocalLog, room: Room, asked: str, names: list[str | None]
) -> None:
    selection = await select(log.db, room, None, asked)
    assert selection is not None
    said = [Event("KQZF", "message", "2036", name=name) for name in ("Ada", "ADA", "Adam", "ci", None)]

    assert [event.name for event in said if selection.has(event)] == names
