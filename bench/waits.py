"""What 500 held waits for answers cost a post: its CPU with and without them, in turns, on one server.

`.venv/bin/python -m bench.waits` prints a line a round and the ratio of the medians. The aim is at most 1.10.
"""

from __future__ import annotations

import socket
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from .one_room import OneRoom, one_room

ROUNDS: Final = 5
POSTS: Final = 1500  # in each half of a round
WAITS: Final = 500


def measure(room: OneRoom) -> tuple[list[float], list[float]]:
    """Microseconds of CPU of the server for a post: without waits, and with WAITS of them held, by round."""
    alone, waited = [], []
    for _ in range(ROUNDS):
        alone.append(room.posts(POSTS))
        asked = room.call("POST", f"/{room.code}?choices=yes,no", {"text": "Deploy?"})
        with ExitStack() as held:
            for _ in range(WAITS):
                one = held.enter_context(socket.create_connection(("127.0.0.1", room.port)))
                one.sendall(f"GET /{room.code}/{asked['seq']}/answer?wait=1h HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            room.call("GET", f"/{room.code}/people")
            waited.append(room.posts(POSTS))
        print(f"{alone[-1]:.0f} us a post, {waited[-1]:.0f} us with {WAITS} waits", flush=True)
    return alone, waited


def main() -> None:
    """Measure once, and print the ratio."""
    with tempfile.TemporaryDirectory(prefix="chadchat-bench-") as folder, one_room(Path(folder), {}) as room:
        alone, waited = measure(room)
    print(f"ratio {statistics.median(waited) / statistics.median(alone):.2f}")


if __name__ == "__main__":
    main()
