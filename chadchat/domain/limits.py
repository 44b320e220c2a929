"""Limits: the rate limits and stream limits of a node, by visitor, seat and room (docs/security.md has the table).

A visitor is an address, a seat the hash of its token. The counts are in memory only, and a restart resets them.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final

from ..refusal import ChatError
from ..server.fair_share import fair_share
from ..setting import Rate
from ..settings import Settings
from .buckets import Buckets, Clock
from .export_limit import Exports
from .guesses import Guesses
from .limit_log import LimitLog

PASSPHRASES: Final = (5, 30.0)  # changes in a room at once, then seconds per change: each hash takes 30 ms of CPU
MOST_HELD: Final = 5_000  # delayed refusals at once, on the whole server
COME_BACK: Final = 20  # seconds to wait, a guess: the end of an open stream cannot be predicted


class LimitReached(ChatError, status=429, section="limits"):
    """A rate limit was exceeded. `wait` is the number of seconds until the request would be accepted."""

    values = ("when", "retry_after")
    settings: tuple[str, ...] = ()  # those that change the limit

    def __init__(self, wait: float) -> None:
        super().__init__(_in_words(wait), max(1, math.ceil(wait)))


class TooManyRequests(LimitReached, code="too_many_requests"):
    sentence = "Too many requests came from your address. Come back {when}."
    settings = ("limit_requests",)


class TooManyCodes(LimitReached, code="too_many_codes"):
    sentence = "There were too many wrong room codes, so nobody new gets into a room for now. Come back {when}."
    settings = ("limit_codes", "limit_codes_server")


class TooManyPassphrases(LimitReached, code="too_many_passphrases"):
    sentence = "The passphrase of this room was changed too often. Come back {when}."


class TooManyRooms(LimitReached, code="too_many_rooms"):
    sentence = "Too many new rooms came from your address. Come back {when}."
    settings = ("limit_rooms",)


class TooManyJoins(LimitReached, code="too_many_joins"):
    sentence = "Too many people joined from your address at once. Come back {when}."
    settings = ("limit_joins",)


class TooManyPosts(LimitReached, code="too_many_posts"):
    sentence = "You are posting faster than anyone can read. Come back {when}."
    settings = ("limit_posts",)


class TooManyReactions(LimitReached, code="too_many_reactions"):
    sentence = "You are reacting faster than anyone can look. Come back {when}."
    settings = ("limit_reactions",)


class RoomBusy(LimitReached, code="room_busy"):
    sentence = "So much is being posted in this room that nothing more fits in. Come back {when}."
    settings = ("limit_room_posts",)


class TooManyStreams(LimitReached, code="too_many_streams"):
    """The streams of one address, or with `seat` those of one person."""

    sentence = (
        "Too many pages and streams are open in your network. Close some of them, or ask the host to raise"
        " CHADCHAT_LIMIT_STREAMS. Come back {when}."
    )
    settings = ("limit_streams",)

    def __init__(self, wait: float, *, seat: bool = False) -> None:
        if seat:
            self.sentence = (
                "You have this room open in too many places. Close one of them, or ask the host to raise"
                " CHADCHAT_LIMIT_SEAT_STREAMS. Come back {when}."
            )
            self.settings = ("limit_seat_streams",)
        super().__init__(wait)


class ServerFull(LimitReached, status=503, code="server_full"):
    sentence = "This server has as many readers as it can serve. Come back {when}."
    settings = ("limit_all_streams",)


class Streams:
    """Counts the open streams of this process: in all, of each visitor, and of each seat."""

    def __init__(self, settings: Settings) -> None:
        self.open = 0
        self._settings = settings
        self._on = settings.limits == "on"
        self._by: Counter[Hashable] = Counter()

    def check(self, visitor: str) -> None:
        """Check the limits of the server and the visitor before a stream opens. Raises ServerFull or TooManyStreams."""
        if not self._on:
            return
        most = self._settings.limit_all_streams
        if self.open >= most:
            raise ServerFull(COME_BACK)
        if self._by[visitor] >= fair_share(self._settings.limit_streams, most, self.open):
            raise TooManyStreams(COME_BACK)

    def check_seat(self, seat: Hashable) -> None:
        """Check the limit of a seat. Raises TooManyStreams."""
        if self._on and self._by[seat] >= self._settings.limit_seat_streams:
            raise TooManyStreams(COME_BACK, seat=True)

    def hold(self, *holders: Hashable) -> Hold:
        """Count one stream for each holder while the block runs: `async with streams.hold(visitor, seat):`."""
        return Hold(self, holders)

    def count(self, holders: tuple[Hashable, ...], by: int) -> None:
        """Change the counts of `holders`, and the total, by `by`. `Hold` calls it."""
        self.open += by
        for holder in holders:
            self._by[holder] += by
            if not self._by[holder]:
                del self._by[holder]


class Hold:
    """An async context manager that counts one stream while its block runs."""

    __slots__ = ("_holders", "_streams")

    def __init__(self, streams: Streams, holders: tuple[Hashable, ...]) -> None:
        self._streams = streams
        self._holders = holders

    async def __aenter__(self) -> None:
        self._streams.count(self._holders, 1)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._streams.count(self._holders, -1)


class Limits:
    """All limits of a node. `on` is False if the setting `limits` is off: then nothing is refused."""

    def __init__(self, settings: Settings, clock: Clock = time.monotonic) -> None:
        self.on = settings.limits == "on"
        self.codes = Guesses(settings, clock)
        self.streams = Streams(settings)
        self.exports = Exports(self.on)
        self._requests = _buckets(settings.limit_requests, clock)
        self._rooms = _buckets(settings.limit_rooms, clock)
        self._joins = _buckets(settings.limit_joins, clock)
        self._posts = _buckets(settings.limit_posts, clock)
        self._reactions = _buckets(settings.limit_reactions, clock)
        self._refused = Buckets(10, 1.0, clock)
        self._held = 0
        self.log = LimitLog(clock)
        self._busy = Buckets(settings.limit_room_posts, 1 / max(1, settings.limit_room_posts), clock)
        self._passphrases = Buckets(*PASSPHRASES, clock)

    def request(self, visitor: str) -> None:
        """Count a request of any kind. Raises TooManyRequests."""
        if self.on and (wait := self._requests.take(visitor)):
            raise TooManyRequests(wait)

    def open_room(self, visitor: str) -> None:
        """Count a new room. Raises TooManyRooms."""
        if self.on and (wait := self._rooms.take(visitor)):
            raise TooManyRooms(wait)

    def room_not_opened(self, visitor: str) -> None:
        """Undo `open_room`, because the room was refused for another reason."""
        self._rooms.give_back(visitor)

    def join(self, visitor: str) -> None:
        """Count a new seat. Raises TooManyJoins."""
        if self.on and (wait := self._joins.take(visitor)):
            raise TooManyJoins(wait)

    def post(self, room: str, sender: Hashable) -> None:
        """Count a post. `sender` is a visitor, or the hash of a seat's token. Raises TooManyPosts or RoomBusy."""
        if not self.on:
            return
        self.check_post(room, sender)
        self._posts.owe(sender)
        self._busy.owe(room)

    def react(self, seat: Hashable) -> None:
        """Count a reaction. `seat` is the hash of its token. Raises TooManyReactions."""
        if self.on and (wait := self._reactions.take(seat)):
            raise TooManyReactions(wait)

    def passphrase(self, room: int) -> None:
        """Count a new passphrase of a room. Raises TooManyPassphrases."""
        if self.on and (wait := self._passphrases.take(room)):
            raise TooManyPassphrases(wait)

    def refused(self, visitor: str) -> float:
        """Count a refusal, and return how many seconds to delay it: 0.0 for the first ten, then one a second."""
        wait = self._refused.wait(visitor)
        self._refused.owe(visitor)
        return wait

    @asynccontextmanager
    async def held(self) -> AsyncIterator[bool]:
        """Count a delayed refusal while the block runs. Yields False if more than MOST_HELD are delayed already."""
        self._held += 1
        try:
            yield self._held <= MOST_HELD
        finally:
            self._held -= 1

    def check_rooms(self, visitor: str) -> None:
        """As `open_room`, but without counting. Raises TooManyRooms."""
        if wait := self._rooms.wait(visitor):
            raise TooManyRooms(wait)

    def check_post(self, room: str, sender: Hashable) -> None:
        """As `post`, but without counting. Raises TooManyPosts or RoomBusy."""
        if wait := self._posts.wait(sender):
            raise TooManyPosts(wait)
        if wait := self._busy.wait(room):
            raise RoomBusy(wait)


def _buckets(rate: Rate, clock: Clock) -> Buckets:
    return Buckets(rate.burst, rate.every, clock)


def _in_words(seconds: float) -> str:
    """`in 5 seconds` or `in 2 minutes`, rounded up, so that a request after that time is accepted."""
    number, unit = (math.ceil(seconds), "second") if seconds <= 90 else (math.ceil(seconds / 60), "minute")
    return f"in {max(1, number)} {unit}{'' if number <= 1 else 's'}"
