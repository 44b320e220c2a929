"""The invitation to a room: the address for others, which is another one where the page was opened on this machine."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Final

from ..server.sockets import is_loopback
from .respond import base_url, node, request

EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 # nosec B104 - compared, not listened on
_ELSEWHERE: Final = ("192.0.2.1", 9)  # of no network (RFC 5737); nothing is sent


@dataclass(frozen=True, slots=True)
class Invitation:
    """`url` is the room's address, and `host` where it is. `own` is the host that only this computer can open, if the
    page was opened there; `for_others` whether the address is one for others all the same.
    """

    url: str
    host: str
    own: str = ""
    for_others: bool = True


def invitation(code: str) -> Invitation:
    """The invitation to this room, as the current request's page shows it."""
    host = request().authority
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if not is_loopback(name):
        return Invitation(f"{base_url()}/{code}", host)
    address = _in_the_network() if node().settings.host in EVERYWHERE else None
    if address is None:
        return Invitation(f"{base_url()}/{code}", host, host, for_others=False)
    there = f"{address}{host.removeprefix(name)}"  # at the same port
    return Invitation(f"http://{there}/{code}", there, host)


def _in_the_network() -> str | None:
    """This machine's address in its network; None if it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(_ELSEWHERE)
        except OSError:
            return None
        address = str(asked.getsockname()[0])
    return None if is_loopback(address) else address
