"""The feed: every reader gets each event once and in order, fast or slow."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from chadchat.domain.rooms import Room
from chadchat.events import Event
from chadchat.jitter import STEPS
from chadchat.live import feed as feed_module
from chadchat.live import ring
from chadchat.live.feeds import Feeds
from chadchat.live.frames import NdJson, SseJson, Text
from chadchat.live.subscriber import Subscriber
from chadchat.log.local import LocalLog

from .hands import NDJSON, TEXT, Hand, post, reader, settle


async def test_every_reader_gets_what_is_posted_once_and_in_order(log: LocalLog, feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        hands = [reader(feed)[1] for _ in range(5)]

        await asyncio.gather(*(post(log, room, str(number)) for number in range(50)))
        await settle()

        stored = [event.text for event in await log.tail(room.code, 50)]
        assert all(hand.texts == stored for hand in hands)


async def test_a_busy_room_is_written_in_joined_chunks(log: LocalLog, feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        _, hand = reader(feed)

        await asyncio.gather(*(post(log, room, str(number)) for number in range(100)))
        await settle()

        assert len(hand.texts) == 100
        assert len(hand.chunks) < 40


async def test_a_frame_is_made_once_however_many_read_it(
    log: LocalLog, feeds: Feeds, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    original = Text.event

    def counted(format: Text, event: Event) -> bytes:
        made.append(event.seq)
        return original(format, event)

    monkeypatch.setattr(Text, "event", counted)
    async with feeds.open(room.code) as feed:
        hands = [reader(feed)[1] for _ in range(20)]

        await post(log, room, "a", "b", "c")
        await settle()

        assert made == [3, 4, 5]
        assert len({id(chunk) for hand in hands for chunk in hand.chunks[-1:]}) == 1


async def test_a_slow_reader_slows_nobody_and_gets_one_joined_chunk(log: LocalLog, feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        _, quick = reader(feed)
        _, slow = reader(feed, Hand(slow=True))

        await post(log, room, "a", "b", "c", "d")
        await settle()
        assert quick.texts == ["a", "b", "c", "d"]
        assert slow.texts == ["a"]

        slow.take()
        assert slow.texts == ["a", "b", "c", "d"]
        assert len(slow.chunks) == 2


async def test_a_reader_behind_the_ring_is_served_from_the_log_in_pages(
    log: LocalLog, feeds: Feeds, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ring, "EVENTS", 8)
    monkeypatch.setattr(feed_module, "PAGE", 5)
    await post(log, room, *map(str, range(40)))
    async with feeds.open(room.code) as feed:
        _, slow = reader(feed, Hand(slow=True), cursor=2)
        for turn in range(40, 60):
            await settle()
            slow.take()
            await post(log, room, str(turn))
        for _ in range(5):
            await settle()
            slow.take()

        assert slow.texts == [str(number) for number in range(60)]


async def test_events_posted_while_the_ring_is_loaded_are_not_missed(log: LocalLog, feeds: Feeds, room: Room) -> None:
    posting = asyncio.gather(*(post(log, room, str(number)) for number in range(30)))
    async with feeds.open(room.code) as feed:
        _, hand = reader(feed, cursor=2)
        await posting
        await settle()

        assert hand.texts == [event.text for event in await log.tail(room.code, 30)]


async def test_the_ring_is_bounded_in_bytes(
    log: LocalLog, feeds: Feeds, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ring, "BYTES", 10_000)
    async with feeds.open(room.code) as feed:
        await post(log, room, *("x" * 1000 for _ in range(30)))

        assert 0 < feed._ring.bytes <= 10_000
        assert feed._ring.head - feed._ring.tail < 10


async def test_a_limit_ends_the_stream_after_so_many_events(log: LocalLog, feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        _, hand = reader(feed, left=2)

        await post(log, room, "a", "b", "c")
        await settle()

        assert (hand.texts, hand.closed) == (["a", "b"], True)


async def test_readers_of_one_place_share_what_is_written_and_nothing_else(
    log: LocalLog, feeds: Feeds, room: Room
) -> None:
    def seen(hand: Hand) -> list[str]:
        said = [json.loads(line) for line in b"".join(hand.chunks).splitlines()]
        return [one.get("text") or one["kind"] for one in said]

    async with feeds.open(room.code) as feed:
        limited = [reader(feed, format=NDJSON, left=2)[1] for _ in range(10)]
        full = [reader(feed, format=NDJSON)[1] for _ in range(10)]
        free = [reader(feed, format=NDJSON) for _ in range(10)]
        for hand in full:
            hand.busy = True
        for subscriber, _ in free:
            subscriber.wrote -= 20

        await post(log, room, "a")
        await settle()
        await feed.beat(15)
        log.listen(lambda events: feeds.announce(room.code, "people", {"count": 1}))  # and so in the same pass
        await post(log, room, "b")
        await settle()

        assert all(hand.chunks == [] for hand in full)
        for hand in full:
            hand.take()
        assert [hand.closed for hand in limited] == [True] * 10
        assert [seen(hand)[:2] for hand in limited] == [["a", "b"]] * 10
        assert [seen(hand) for hand in full] == [["a", "b", "people"]] * 10
        assert [seen(hand) for _, hand in free] == [["a", "b", "people"]] * 10


async def test_what_is_announced_reaches_all_once_and_late_comers_on_joining(feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        early = Hand()
        feed.add(Subscriber(early, NDJSON, feed.head))
        feeds.announce(room.code, "people", {"count": 1})
        feeds.announce(room.code, "people", {"count": 1})
        await settle()
        late = Hand()
        feed.add(Subscriber(late, NDJSON, feed.head))

        assert early.chunks == [b'{"kind":"people","count":1}\n']
        assert late.chunks == early.chunks


async def test_a_hole_in_the_log_is_said_aloud(
    log: LocalLog, feeds: Feeds, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ring, "EVENTS", 2)
    await post(log, room, *map(str, range(10)))

    async def pruned(room: str, after: int, limit: int) -> list[Event]:
        return (await log.tail(room, 4))[:limit]

    async with feeds.open(room.code) as feed:
        monkeypatch.setattr(log, "read", pruned)
        _, hand = reader(feed, cursor=3)
        await settle()

        assert hand.chunks == [feed.reset(TEXT, "pruned")]
        await post(log, room, "next")
        await settle()
        assert hand.texts == ["next"]


async def test_a_feed_goes_when_its_last_reader_has_gone(feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as one:
        async with feeds.open(room.code) as other:
            assert one is other
        assert feeds.reads(room.code)

    assert not feeds.reads(room.code)


async def test_the_end_says_bye_to_everyone(feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        _, hand = reader(feed)
        waiting = [reader(feed) for _ in range(200)]
        for subscriber, _ in waiting:
            subscriber.format = SseJson()
        feeds.end()

        assert hand.closed
        assert b"restarting" in hand.chunks[-1]
        waits = [re.search(rb"retry: (\d+)", other.chunks[-1]) for _, other in waiting]
        assert len({wait[1] for wait in waits if wait}) == STEPS, "they come back one after another"
        assert not feeds.ended.is_set()

    assert feeds.ended.is_set()


async def test_a_feed_has_no_task_per_reader(log: LocalLog, feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        await settle()
        before = len(asyncio.all_tasks())
        for _ in range(50):
            reader(feed)
        await post(log, room, "a")
        await settle()

        assert len(asyncio.all_tasks()) == before


def test_what_was_pruned_is_not_in_the_ring_any_more() -> None:
    recent = ring.Ring()
    for seq in range(1, 11):
        recent.append(
            Event(
                room="KQZF",
                kind="message",
                at="2026-11-22T12:00:00.000Z",
                name="ada",
                text=str(seq),
                seq=seq,
                epoch="k3f9",
            )
        )
    held = recent.bytes

    recent.append(
        Event(room="KQZF", kind="prune", at="2026-11-22T12:00:00.000Z", changes={"before": 8}, seq=11, epoch="k3f9")
    )

    assert (recent.tail, recent.head) == (7, 11)
    assert len(recent.frames(7, NdJson())) == 4
    assert recent.bytes < held
