"""Passphrases of locked rooms: hash and check them. A room code is too short to be a secret; a passphrase is one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from functools import cached_property
from heapq import heappop, heappush
from itertools import count
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from ..errors import RoomNotFound, SettingInvalid
from .rooms import Room

SHORTEST: Final = 6
LONGEST: Final = 128
# The minimum for argon2id that OWASP recommends: 19 MiB and two rounds, about 30 ms. guesses.py limits the attempts.
_KIB: Final = 19_456
_ROUNDS: Final = 2


class Passphrases:
    """Hashes and checks passphrases in a thread, one at a time, so that a flood of guesses takes one core and 19 MiB.

    The queue is a priority queue: checks before changes, then by the number of requests that the same visitor (or, for
    changes, room) had in it, so that a hundred requests of one visitor do not delay the first of another.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_ROUNDS, memory_cost=_KIB, parallelism=1)
        self._busy = False
        self._queue: list[tuple[bool, int, int, asyncio.Future[None]]] = []
        self._of: Counter[Hashable] = Counter()
        self._numbers = count()

    async def hashed(self, passphrase: str, room: int | None = None) -> str:
        """The argon2 hash under which a passphrase is stored. Raises SettingInvalid for its length."""
        if not SHORTEST <= len(passphrase) <= LONGEST:
            raise SettingInvalid("passphrase", f"A passphrase has {SHORTEST} to {LONGEST} characters.")
        async with self._turn(room, change=True):
            return await asyncio.to_thread(self._hasher.hash, passphrase)

    async def open(self, room: Room | None, code: str, passphrase: str, visitor: str = "") -> dict[str, int]:
        """The argument `opened` of `members.take_seat` for joining this room; empty if the room is not locked.

        Raises RoomNotFound if there is no such room, or the passphrase does not open it. Both cases have the same
        message and, if a passphrase is given, take the same time.
        """
        stored = room.rules.passphrase if room else None
        if room and not room.rules.lock:
            return {}
        if passphrase and await self._opens(stored, passphrase, visitor) and stored and room:
            return {"opened": room.rules.locked_at}
        raise RoomNotFound(code)

    async def _opens(self, stored: str | None, passphrase: str, visitor: str) -> bool:
        async with self._turn(visitor):
            return await asyncio.to_thread(self._verify, stored, passphrase[: LONGEST + 1])

    def _verify(self, stored: str | None, passphrase: str) -> bool:
        try:
            return self._hasher.verify(stored or self._nothing, passphrase)
        except VerificationError:
            return False

    @asynccontextmanager
    async def _turn(self, asker: Hashable, *, change: bool = False) -> AsyncIterator[None]:
        """Wait in the queue; only one block at a time runs inside."""
        self._of[asker] += 1
        try:
            if self._busy:
                turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                heappush(self._queue, (change, self._of[asker], next(self._numbers), turn))
                try:
                    await turn
                except asyncio.CancelledError:
                    if turn.done() and not turn.cancelled():
                        self._next()
                    raise
            self._busy = True
            try:
                yield
            finally:
                self._next()
        finally:
            self._of[asker] -= 1
            if not self._of[asker]:
                del self._of[asker]

    def _next(self) -> None:
        """Wake the first request in the queue that was not cancelled."""
        while self._queue:
            *_, turn = heappop(self._queue)
            if not turn.done():
                turn.set_result(None)
                return
        self._busy = False

    @cached_property
    def _nothing(self) -> str:
        """A hash to check against if the room has none, so that the check takes the same time."""
        return self._hasher.hash("")
