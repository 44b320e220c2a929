"""Visitors: a connection's address as limits count it."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

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
