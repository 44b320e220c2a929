"""What ten uploads at once leave of the posts: posts a second with and without them, in turns, on one server.

`.venv/bin/python -m bench.uploads` prints a line a round and the ratio of the medians. The aim is at least 0.9. Each
upload sends RATE bytes a second, and another begins where one has ended. POSTERS post as fast as they are answered.
"""

from __future__ import annotations

import http.client
import multiprocessing
import socket
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from .one_room import OneRoom, one_room

ROUNDS: Final = 5
SECONDS: Final = 4.0  # of posts, in each half of a round
POSTERS: Final = 8
UPLOADS: Final = 10
RATE: Final = 1_000_000
SIZE: Final = 5_000_000
PIECE: Final = 65_536
_SETTINGS: Final = {"CHADCHAT_QUOTA_FILES_ROOM": "9999", "CHADCHAT_QUOTA_FILES_TOTAL": "9999"}


def measure(room: OneRoom) -> tuple[list[float], list[float]]:
    """Posts a second: without uploads, and with UPLOADS of them on their way, by round."""
    alone, beside = [], []
    for _ in range(ROUNDS):
        alone.append(_posts(room))
        begun, stop = multiprocessing.Barrier(2), multiprocessing.Event()
        uploads = multiprocessing.Process(target=_upload, args=(room, begun, stop), daemon=True)
        uploads.start()
        begun.wait(30)
        beside.append(_posts(room))
        stop.set()
        uploads.join(60)
        if uploads.exitcode:
            raise SystemExit("the uploads failed")
        print(f"{alone[-1]:.0f} posts a second, {beside[-1]:.0f} with {UPLOADS} uploads", flush=True)
    return alone, beside


def _posts(room: OneRoom) -> float:
    with ThreadPoolExecutor(POSTERS) as posters:
        return sum(posters.map(lambda _: _post(room), range(POSTERS)))


def _post(room: OneRoom) -> float:
    """Post for SECONDS; how many a second."""
    connection = http.client.HTTPConnection("127.0.0.1", room.port)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        room.post(connection, f"message {count}")
        count += 1
    connection.close()
    return count / (time.perf_counter() - start)


def _upload(room: OneRoom, begun: Any, stop: Any) -> None:
    """Keep UPLOADS uploads on their way, in a process of their own."""
    senders = [threading.Thread(target=_send, args=(room, stop)) for _ in range(UPLOADS)]
    for sender in senders:
        sender.start()
    begun.wait(30)
    for sender in senders:
        sender.join()


def _send(room: OneRoom, stop: Any) -> None:
    head = f"PUT /{room.code}/a.bin HTTP/1.1\r\nHost: x\r\nAuthorization: {room.seat['Authorization']}\r\n"
    while not stop.is_set():
        with socket.create_connection(("127.0.0.1", room.port)) as wire:
            wire.sendall(f"{head}Content-Length: {SIZE}\r\n\r\n".encode())
            start = time.perf_counter()
            for sent in range(0, SIZE, PIECE):
                if stop.is_set():
                    return
                wire.sendall(b"x" * min(PIECE, SIZE - sent))
                time.sleep(max(0.0, start + sent / RATE - time.perf_counter()))
            if not wire.recv(4096).startswith(b"HTTP/1.1 201 "):
                raise SystemExit("a file was refused")


def main() -> None:
    """Measure once, and print the ratio."""
    with tempfile.TemporaryDirectory(prefix="chadchat-bench-") as folder, one_room(Path(folder), _SETTINGS) as room:
        alone, beside = measure(room)
    print(f"ratio {statistics.median(beside) / statistics.median(alone):.2f}")


if __name__ == "__main__":
    main()
