"""Wire: what goes between the server and the worker: an object of JSON behind its length, and bytes after it.

A request is `{"format", "bytes", "sizes"}` and the picture. The answer is `{"width", "height", "files"}` with
`{"size", "bytes"}` of each file, and then the files; or `{"refused": reason}`.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any, Final

LONGEST: Final = 4096  # bytes of an object
_PART: Final = 1 << 16

BROKEN: Final = "broken"  # reasons of `refused`
LARGE: Final = "large"
LONG: Final = "long"


class Ended(Exception):
    """The other end is gone, or does not keep to this."""


def send(link: socket.socket, said: dict[str, Any]) -> None:
    """Send an object."""
    text = json.dumps(said).encode()
    link.sendall(len(text).to_bytes(4, "big") + text)


def receive(link: socket.socket) -> dict[str, Any]:
    """The next object. Raises Ended."""
    length = int.from_bytes(b"".join(parts(link, 4)), "big")
    if length > LONGEST:
        raise Ended
    try:
        said = json.loads(b"".join(parts(link, length)))
    except (ValueError, RecursionError) as error:
        raise Ended from error
    if not isinstance(said, dict):
        raise Ended
    return said


def parts(link: socket.socket, length: int) -> Iterator[bytes]:
    """That many bytes, in parts. Raises Ended where fewer come."""
    while length:
        part = link.recv(min(length, _PART))
        if not part:
            raise Ended
        length -= len(part)
        yield part
