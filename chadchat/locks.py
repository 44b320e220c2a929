"""Locks: a passphrase that opens a room to whoever knows it. Room codes are too short to be a secret; this is one."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from .errors import RoomNotFound
from .owner_errors import SettingInvalid
from .rooms import Room

SHORTEST: Final = 6
LONGEST: Final = 128
# OWASP's least for argon2id: 19 MiB and two rounds, some 30 ms here. Guesses at a passphrase are limited besides.
_KIB: Final = 19_456
_ROUNDS: Final = 2


class Gate:
    """Hashes and checks passphrases in a thread, one at a time: a flood of guesses costs one core and 19 MiB."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_ROUNDS, memory_cost=_KIB, parallelism=1)
        self._one = asyncio.Semaphore(1)

    async def hashed(self, passphrase: str) -> str:
        """How a passphrase is stored. Raises SettingInvalid."""
        if not SHORTEST <= len(passphrase) <= LONGEST:
            raise SettingInvalid("passphrase", f"A passphrase has {SHORTEST} to {LONGEST} characters.")
        async with self._one:
            return await asyncio.to_thread(self._hasher.hash, passphrase)

    async def open(self, room: Room | None, code: str, passphrase: str) -> dict[str, int]:
        """What `members.take_seat` needs to join that room: nothing where it is not locked.

        Raises RoomNotFound when there is no such room, or it is locked and this does not open it: in the same words
        and, for a given passphrase, after the same work.
        """
        stored = room.rules.passphrase if room else None
        if room and not room.rules.lock:
            return {}
        if passphrase and await self._opens(stored or self._nothing, passphrase) and stored and room:
            return {"opened": room.rules.locked_at}
        raise RoomNotFound(code)

    async def _opens(self, stored: str, passphrase: str) -> bool:
        async with self._one:
            try:
                return await asyncio.to_thread(self._hasher.verify, stored, passphrase[: LONGEST + 1])
            except VerificationError:
                return False

    @cached_property
    def _nothing(self) -> str:
        """What a guess is checked against where there is nothing to open."""
        return self._hasher.hash("")
