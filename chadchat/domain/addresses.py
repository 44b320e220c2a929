"""Keyed hashes of visitors' addresses, for bans: without this server's key nobody can turn them back into addresses."""

from __future__ import annotations

import hmac
import logging
import os
import secrets
from pathlib import Path
from typing import Final

from ..events import ADDRESS_KEY
from ..log import Log
from ..refusal import ChatError, StartupError

logger = logging.getLogger(__name__)

NOTE: Final = ADDRESS_KEY  # in hexadecimal digits
KEY_BYTES: Final = 32
OLD_FILE: Final = "chadchat.key"  # where the key was before it came into the database


class Addresses:
    """Hashes addresses with a key that is stored in the database, and so is in every backup."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    async def load(cls, log: Log, folder: Path) -> Addresses:
        """Read the key; at the first start make one, or take in the one of the file that had it before.

        Raises StartupError where it cannot be kept, or such a file cannot be read or is no key.
        """
        kept = await log.noted(NOTE)
        if kept is not None:
            return cls(bytes.fromhex(kept))
        old = folder / OLD_FILE
        key = _read_old(old)
        made = key or secrets.token_bytes(KEY_BYTES)
        try:
            await log.note(NOTE, made.hex())
        except ChatError as refusal:
            raise StartupError(f"Cannot keep the key for addresses in {folder}: {refusal.sentence}") from refusal
        if key:
            logger.warning("%s is no longer used: its key is in the database now, and in every backup of it", old)
        return cls(made)

    def hashed(self, address: str) -> str:
        """The hash of an address in the form that `web.visitor` returns: 32 hexadecimal digits."""
        return hmac.digest(self._key, address.encode(), "sha256").hex()[:32]


def _read_old(path: Path) -> bytes | None:
    """None where there is none. Raises StartupError for a key that is not as long as ours are: a shorter one can be
    guessed.
    """
    if not os.path.lexists(path):  # a link that leads nowhere had a key, and no other may take its place
        return None
    try:
        # Without O_NONBLOCK a named pipe would be waited for.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            key = file.read(KEY_BYTES + 1)
    except OSError as error:
        raise StartupError(
            f"Cannot use the key {path}: {error}. It must be a file that this user may read, until its key has been"
            " taken into the database."
        ) from error
    if len(key) != KEY_BYTES:
        size = len(key) if len(key) < KEY_BYTES else f"more than {KEY_BYTES}"
        raise StartupError(
            f"The key {path} has {size} bytes, and a key has {KEY_BYTES}. Put back the one that was there, or remove"
            " the file: the next start makes a new key, and bans of addresses that were made with the old one end."
        )
    return key
