"""The heartbeat: silent streams get one, stuck readers are disconnected, and neither delays other readers."""

from __future__ import annotations

import asyncio

from chadchat.domain.rooms import Room
from chadchat.live.feed import SLICE, STUCK, Feed
from chadchat.live.feeds import Feeds
from chadchat.live.frames import Text
from chadchat.log.local import LocalLog

from .hands import Hand, post, reader, settle


async def test_only_silent_streams_get_a_heartbeat(log: LocalLog, feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        silent, silent_hand = reader(feed)
        _, other_hand = reader(feed)
        _, stuck_hand = reader(feed, Hand(slow=True))
        await post(log, room, "a")
        await settle()
        silent.wrote -= 20

        await feed.beat(15)

        assert not stuck_hand.aborted

        assert silent_hand.chunks[-1] == Text.heartbeat
        assert other_hand.chunks[-1] != Text.heartbeat
        assert stuck_hand.texts == ["a"]


async def test_a_reader_that_is_stuck_is_dropped(log: LocalLog, feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        late, hand = reader(feed, Hand(slow=True))
        _, other = reader(feed)
        await post(log, room, "a")
        await settle()
        late.wrote -= STUCK

        await feed.beat(15)

        assert (hand.aborted, other.aborted) == (True, False)


async def turns_of(feed: Feed, hands: list[Hand], *, leaves: Hand | None = None) -> list[int]:
    """For each hand, how many turns of the loop others had before a beat came to it. `leaves` goes after the first."""
    turns, seen = 0, [-1] * len(hands)

    async def others() -> None:
        nonlocal turns
        while True:
            for number, hand in enumerate(hands):
                if seen[number] < 0 and (hand.aborted or hand.chunks):
                    seen[number] = turns
            turns += 1
            for subscriber in [one for one in feed.subscribers if turns == 2 and one.writer is leaves]:
                feed.remove(subscriber)
            await asyncio.sleep(0)

    watching = asyncio.create_task(others())
    await asyncio.sleep(0)
    await feed.beat(15)
    await asyncio.sleep(0)
    watching.cancel()
    return seen


def stuck(feed: Feed, count: int) -> list[Hand]:
    """Readers that have taken nothing for as long as a feed bears it."""
    hands = [Hand() for _ in range(count)]
    for hand in hands:
        subscriber, _ = reader(feed, hand)
        subscriber.wrote -= STUCK
        hand.busy = True
    return hands


async def test_those_who_got_stuck_together_are_dropped_in_turns(feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        hands = stuck(feed, 100)

        assert len(set(await turns_of(feed, hands))) == 100, "one end of a stream, and the others have their turn"


async def test_those_who_fell_silent_together_hear_a_heartbeat_in_turns(feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        hands = [Hand() for _ in range(SLICE * 3)]
        for hand in hands:
            subscriber, _ = reader(feed, hand)
            subscriber.wrote -= 20

        assert len(set(await turns_of(feed, hands))) == 3


async def test_a_reader_that_goes_during_a_beat_is_left_in_peace(feeds: Feeds, room: Room) -> None:
    async with feeds.open(room.code) as feed:
        hands = stuck(feed, 3)
        last = list(feed.subscribers)[-1].writer
        assert isinstance(last, Hand)

        await turns_of(feed, hands, leaves=last)

        assert [hand.aborted for hand in hands if hand is not last] == [True, True]
        assert not last.aborted
