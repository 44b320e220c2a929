"""A packet filter on listening sockets, which drops new connections of certain visitors in the kernel.

A new connection is not refused but waits: the peer's kernel tries again after a second, then at longer intervals.
Open connections are not touched: each keeps the filter that was set when it was made. Any process may
put such a filter on its own sockets (socket(7), SO_ATTACH_FILTER; the language is classic BPF, filter.rst of Linux).
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
import sys
from collections.abc import Collection, Iterable
from contextlib import suppress
from ipaddress import ip_network
from typing import Final

ATTACH, DETACH = 26, 27  # SO_ATTACH_FILTER and SO_DETACH_FILTER, which Python does not name

LOAD_BYTE, LOAD_WORD, AND, IF_EQUAL, GO, RETURN = 0x30, 0x20, 0x54, 0x15, 0x05, 0x06
HEADER: Final = 2**32 - 0x100000  # SKF_NET_OFF: places count from the start of the IP header
SOURCE_4, SOURCE_6 = HEADER + 12, HEADER + 8
DROP, PASS = (RETURN, 0, 0, 0), (RETURN, 0, 0, 2**32 - 1)

Instruction = tuple[int, int, int, int]  # what to do, how many to skip if true, if false, with what


def ignore(listening: Iterable[socket.socket], visitors: Collection[str]) -> None:
    """From now on let no connection begin that comes from these visitors (IPv4 addresses, IPv6 networks of 64 bits),
    and any that comes from others. Raises OSError where that cannot be done.
    """
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOTSUP, "there is no such filter here")
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program(visitors))
    kept = ctypes.create_string_buffer(code, len(code))
    wanted = struct.pack("HP", len(code) // 8, ctypes.addressof(kept))
    for one in listening:
        if visitors:
            one.setsockopt(socket.SOL_SOCKET, ATTACH, wanted)
        else:
            with suppress(FileNotFoundError):  # there was none
                one.setsockopt(socket.SOL_SOCKET, DETACH, 0)


def program(visitors: Iterable[str]) -> list[Instruction]:
    """The filter as a program for the kernel, which runs it for each packet."""
    networks = [ip_network(visitor) for visitor in visitors]
    four, six = ([int(one.network_address) for one in networks if one.version == version] for version in (4, 6))
    of_four: list[Instruction] = [(LOAD_WORD, 0, 0, SOURCE_4)]
    for address in four:
        of_four += [(IF_EQUAL, 0, 1, address), DROP]
    of_six: list[Instruction] = []
    for address in six:
        high, low = address >> 96, address >> 64 & 0xFFFFFFFF
        of_six += [(LOAD_WORD, 0, 0, SOURCE_6), (IF_EQUAL, 0, 3, high)]
        of_six += [(LOAD_WORD, 0, 0, SOURCE_6 + 4), (IF_EQUAL, 0, 1, low), DROP]
    version: list[Instruction] = [(LOAD_BYTE, 0, 0, HEADER), (AND, 0, 0, 0xF0), (IF_EQUAL, 0, 1, 0x60)]
    return [*version, (GO, 0, 0, len(of_four) + 1), *of_four, PASS, *of_six, PASS]
