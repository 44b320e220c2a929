"""Addresses of visitors as bans remember them: a keyed hash that is worth nothing without this server's own key."""

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
    """Hashes addresses with the key in the data folder, which is made at the first start and readable by its owner
    only.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def load(cls, folder: Path) -> Addresses:
        """Read the key, or make one. Raises StartupError for what cannot be read, or is no key."""
        path = folder / KEY_FILE
        try:
            if not os.path.lexists(path):  # a link that leads nowhere had a key, and no other may take its place
                _make_key(path)
            return cls(_read_key(path))
        except OSError as error:
            raise StartupError(
                f"Cannot use the key {path}: {error}. It must be a file that this user may read, in a folder with room."
            ) from error

    def hashed(self, address: str) -> str:
        """The hash of an address, as `web.visitor` gives it."""
        return hmac.digest(self._key, address.encode(), "sha256").hex()[:32]


def _make_key(path: Path) -> None:
    """After a power cut or on a full disk the key is there whole or not at all."""
    part = path.with_name(f"{KEY_FILE}.part")
    part.unlink(missing_ok=True)
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        publish_file(part, path)
    finally:
        part.unlink(missing_ok=True)


def _read_key(path: Path) -> bytes:
    """Raises StartupError for a key that is not as long as ours are: a shorter one can be guessed."""
    # Without O_NONBLOCK a named pipe would be waited for.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        size = len(key) if len(key) < KEY_BYTES else f"more than {KEY_BYTES}"
        raise StartupError(
            f"The key {path} has {size} bytes, and a key has {KEY_BYTES}. Put back the one that was there, or remove"
            " the file: the next start makes a new key, and bans of addresses that were made with the old one end."
        )
    return key
