"""Keyed hashes of visitors' addresses, for bans: without this server's key nobody can turn them back into addresses."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from ..errors import StartupError
from ..storage.backup import publish_file

KEY_FILE: Final = "chadchat.key"
KEY_BYTES: Final = 32


class Addresses:
    """Hashes addresses with the key file in the data folder. The first start makes the file, with mode 0600."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def load(cls, folder: Path) -> Addresses:
        """Read the key, or make one. Raises StartupError if the file cannot be read, made, or is not a key."""
        path = folder / KEY_FILE
        try:
            if not os.path.lexists(path):  # a dangling symlink is an error: it pointed to a key
                _make_key(path)
            return cls(_read_key(path))
        except OSError as error:
            raise StartupError(
                f"Cannot use the key {path}: {error}. It must be a file that this user may read, in a folder with room."
            ) from error

    def hashed(self, address: str) -> str:
        """The hash of an address in the form that `web.visitor` returns: 32 hexadecimal digits."""
        return hmac.digest(self._key, address.encode(), "sha256").hex()[:32]


def _make_key(path: Path) -> None:
    """Write a new random key atomically: after a power cut or on a full disk the file is complete or absent."""
    part = path.with_name(f"{KEY_FILE}.part")
    part.unlink(missing_ok=True)
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        publish_file(part, path)
    finally:
        part.unlink(missing_ok=True)


def _read_key(path: Path) -> bytes:
    """Return the key. Raises StartupError unless it has KEY_BYTES bytes: a shorter key can be guessed."""
    # O_NONBLOCK, because opening a named pipe would otherwise block for ever.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        size = len(key) if len(key) < KEY_BYTES else f"more than {KEY_BYTES}"
        raise StartupError(
            f"The key {path} has {size} bytes, and a key has {KEY_BYTES}. Put back the one that was there, or remove"
            " the file: the next start makes a new key, and bans of addresses that were made with the old one end."
        )
    return key
