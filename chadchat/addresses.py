"""Addresses of visitors: as limits count them, and as bans remember them, a keyed hash that is worth nothing without
this server's own key.
"""

from __future__ import annotations

import hmac
import os
import secrets
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final

KEY_FILE: Final = "chadchat.key"
LONGEST: Final = 64  # characters of an address: those of the longest, a zone, and a bit


def network(host: str) -> str:
    """The part of an address that one visitor cannot change at will: /32, /64, and IPv4 where it is only wrapped."""
    return _network(host[:LONGEST])


@lru_cache(maxsize=8192)
def _network(host: str) -> str:
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"


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
