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

from ..errors import StartupError
from ..storage.backup import settle

KEY_FILE: Final = "chadchat.key"
KEY_BYTES: Final = 32
LONGEST: Final = 64  # characters of an address: those of the longest, a zone, a port, and a bit
# RFC 7239, 6: an IPv6 address with a port is in brackets, and then in quotes. More than one colon is IPv6 by itself.
_WRITTEN: Final = re.compile(
    r"""(?P<quote>"?)(?:\[(?P<bracketed>[^\[\]"]+)\](?::\d{0,5})?|(?P<plain>[^\[\]":]+)(?::\d{0,5})?|"""
    r"""(?P<bare>[^\[\]"]+))(?P=quote)""",
    re.ASCII,
)


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
        settle(part, path)
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
