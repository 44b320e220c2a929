"""Guesses: the rate limit on wrong room codes and passphrases of each visitor and of the whole server.

A guess is a pair of a code and a passphrase (or none). It is charged before it is answered and refunded if it was
right, so that parallel guesses cannot exceed the limit. A visitor at the limit waits for its own guesses that are
still being answered, as one of them may be refunded.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from contextlib import suppress
from typing import Any, Final, NamedTuple

from ..server.visitors import block
from ..settings import Settings
from .buckets import Buckets, Clock

HOUR: Final = 3600.0  # seconds that a wrong guess is remembered; repeating it tells nothing new and is free
PATIENCE: Final = 5.0  # seconds that a guess waits for undecided ones (a slow upload keeps one undecided for longer)
MOST: Final = 50_000  # guesses, and visitors, that are remembered; each takes about 150 bytes
MOST_FORGED: Final = 10_000
VISITORS: Final = 8  # an IPv6 /48 may guess as often as this many of its 65,536 /64 networks together


class Guess(NamedTuple):
    """The outcome of `ask`. `paid`: charged, so `settle` must follow. `wait`: seconds to refuse it for, else 0.0."""

    visitor: str
    what: int
    paid: bool = False
    wait: float = 0.0


class Guesses:
    """Limits each visitor to the rate `limit_codes`, and the server to `limit_codes_server` wrong guesses an hour. The
    server's limit binds only visitors that guessed wrong within that hour.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        burst, every = settings.limit_codes.burst, settings.limit_codes.every
        self._visitors = Buckets(burst, every, clock)
        self._blocks = Buckets(burst * VISITORS, every / VISITORS, clock)
        self._hourly = settings.limit_codes_server
        self._clock = clock
        self._paid: OrderedDict[int, float] = OrderedDict()  # hash of a wrong or undecided guess -> when it was charged
        self._wrong: OrderedDict[str, float] = OrderedDict()  # visitor -> time of its last wrong guess
        self._forged: OrderedDict[int, None] = OrderedDict()
        self._undecided: dict[str, int] = {}  # visitor or block -> number of undecided guesses
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def wait(self, visitor: str) -> float:
        """Seconds until this visitor may guess again if all undecided guesses are wrong; 0.0 means now."""
        wait = self._visitors.wait(visitor)
        if wide := block(visitor):
            wait = max(wait, self._blocks.wait(wide))
        if self._hour_is_spent():
            if visitor in self._wrong:
                wait = max(wait, self._wrong[visitor] + HOUR - self._clock())
            elif visitor in self._undecided:
                wait = max(wait, PATIENCE)
        return wait

    def over(self, visitor: str) -> float:
        """As `wait`, but 0.0 while an undecided guess of this visitor may still be refunded."""
        wait = self.wait(visitor)
        return 0.0 if wait and self._worth_waiting(visitor) else wait

    def ask(self, visitor: str, code: str, passphrase: str = "") -> Guess:
        """Charge a guess, unless the visitor has been charged for the same one. `settle` must follow."""
        what = hash((visitor, code, passphrase))
        wait = self.wait(visitor)
        if wait and not self._worth_waiting(visitor):
            return Guess(visitor, what, wait=wait)
        if what in self._paid:
            self._forget()
        if what in self._paid:
            return Guess(visitor, what)
        if wait:
            return Guess(visitor, what, wait=wait)
        self._paid[what] = self._clock()
        for buckets, key in self._purses(visitor):
            buckets.owe(key)
            self._undecided[key] = self._undecided.get(key, 0) + 1
        return Guess(visitor, what, paid=True)

    async def ask_in_turn(self, visitor: str, code: str, passphrase: str = "") -> Guess:
        """As `ask`, but at the limit it first waits up to PATIENCE seconds for the visitor's undecided guesses."""
        waited = None
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while True:
                    guess = self.ask(visitor, code, passphrase)
                    key = self._worth_waiting(visitor) if guess.wait else None
                    if waited is not None and waited != key and not guess.paid:
                        self._wake(waited)  # pass the refund on to the next waiting guess
                    if key is None:
                        return guess
                    await self._turn(key)
                    waited = key
        return self.ask(visitor, code, passphrase)

    def settle(self, guess: Guess, *, let_in: bool) -> None:
        """Refund a guess that was right (`let_in`), or remember it as wrong."""
        purses = self._purses(guess.visitor)
        given_back = let_in and self._paid.pop(guess.what, None) is not None
        if given_back:
            for buckets, key in purses:
                buckets.give_back(key)
        elif guess.paid and guess.what in self._paid:
            self._wrong[guess.visitor] = self._clock()
            self._wrong.move_to_end(guess.visitor)
            self._forget()
        for _, key in purses:
            if guess.paid:
                self._decided(key)
            if key in self._waiting and (given_back or key not in self._undecided):
                self._wake(key, all_of_them=not given_back)

    def forged(self, visitor: str, code: str, token: str) -> None:
        """Charge the visitor, once, for an invalid token that it sent while over the limit."""
        what = hash((visitor, code, token))
        if what not in self._forged:
            self._forged[what] = None
            self._visitors.owe(visitor)
            if len(self._forged) > MOST_FORGED:
                self._forged.popitem(last=False)

    def _purses(self, visitor: str) -> list[tuple[Buckets, str]]:
        """The buckets, with their keys, that a guess of this visitor is charged to."""
        wide = block(visitor)
        return [(self._visitors, visitor)] if wide is None else [(self._visitors, visitor), (self._blocks, wide)]

    def _worth_waiting(self, visitor: str) -> str | None:
        """The visitor or block whose undecided guesses this visitor should wait for; None if waiting cannot help."""
        found = None
        for buckets, key in self._purses(visitor):
            if buckets.wait(key):
                if key not in self._undecided:
                    return None
                found = key
        if self._hour_is_spent():
            if visitor in self._wrong:
                return None
            found = found or (visitor if visitor in self._undecided else None)
        return found

    def _decided(self, key: str) -> None:
        left = self._undecided.pop(key) - 1
        if left:
            self._undecided[key] = left

    async def _turn(self, key: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._wake(key)  # this guess was cancelled: wake the next one
            raise

    def _wake(self, key: str, *, all_of_them: bool = False) -> None:
        waiting = self._waiting.get(key)
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                if not all_of_them:
                    break
        if waiting is not None and not waiting:
            del self._waiting[key]

    def _hour_is_spent(self) -> bool:
        if len(self._paid) < self._hourly:
            return False
        self._forget()
        return len(self._paid) >= self._hourly

    def _forget(self) -> None:
        """Drop guesses older than an hour, and the oldest ones above MOST."""
        oldest = self._clock() - HOUR
        _prune(self._paid, max(MOST, self._hourly), oldest)
        _prune(self._wrong, MOST, oldest)


def _prune(found: OrderedDict[Any, float], most: int, oldest: float) -> None:
    while found and (len(found) > most or next(iter(found.values())) <= oldest):
        found.popitem(last=False)
