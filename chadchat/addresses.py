"""Addresses of visitors: as limits count them, and as bans remember them, a keyed hash that is worth nothing without
this server's own key.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

KEY_FILE: Final = "chadchat.key"
LONGEST: Final = 64  # characters of an address: those of the longest, a zone, a port, and a bit
# RFC 7239, 6: an IPv6 address with a port is in brackets, and then in quotes. More than one colon is IPv6 by itself.
_WRITTEN: Final = re.compile(
    r"""(?P<quote>"?)(?:\[(?P<bracketed>[^\[\]"]+)\](?::\d{0,5})?|(?P<plain>[^\[\]":]+)(?::\d{0,5})?|"""
    r"""(?P<bare>[^\[\]"]+))(?P=quote)""",
    re.ASCII,
)


@lru_cache(maxsize=8192)
def network(host: str) -> str:
    """The part of an address that one visitor cannot change at will: /32, /64, and IPv4 where it is only wrapped.

    Link-local IPv6 addresses are of neighbours on one wire, all in one /64: they are told apart by the whole address.
    """
    address = parse(host)
    if address is None:
        return host[:LONGEST]
    if isinstance(address, IPv4Address) or address.is_link_local:
        return str(address)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"


@lru_cache(maxsize=8192)
def block(visitor: str) -> str | None:
    """The IPv6 network of 48 bits that a visitor's network is in: a whole line often has as much. None for IPv4."""
    address = parse(visitor.removesuffix("/64"))
    return f"{IPv6Address(int(address) >> 80 << 80)}/48" if isinstance(address, IPv6Address) else None


def parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address as sockets and proxies write it: in quotes, in brackets, with a port, with a zone, or an IPv4 address
    wrapped as IPv6. None for anything else.
    """
    if len(text) > LONGEST:
        return None
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        return None
    try:
        address = ip_address(found["bracketed"] or found["plain"] or found["bare"])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))  # without the zone, which names a wire of this machine
    return address


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
