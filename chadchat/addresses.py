"""Addresses of visitors, as bans remember them: a keyed hash, worth nothing without this server's own key."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import Final

KEY_FILE: Final = "chadchat.key"


class Addresses:
    """Hashes addresses with the key in the data folder, which is made at the first start and readable by its owner
    only.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def load(cls, folder: Path) -> Addresses:
        """Read the key, or make one."""
        path = folder / KEY_FILE
        if not path.exists():
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
        return cls(path.read_bytes())

    def hashed(self, address: str) -> str:
        """The hash of an address, as `web.visitor` gives it."""
        return hmac.digest(self._key, address.encode(), "sha256").hex()[:32]
