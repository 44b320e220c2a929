"""What ten uploads at once leave of the posts: posts a second with and without them, in turns, on one server.

`.venv/bin/python -m bench.uploads` prints a line a round and the ratio of the medians. The aim is at least 0.9. Each
upload sends RATE bytes a second, and another begins where one has ended. POSTERS post as fast as they are answered.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import socket
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from .process import running, wait_for_line
from .system import cores

ROUNDS: Final = 5
SECONDS: Final = 4.0  # of posts, in each half of a round
POSTERS: Final = 8
UPLOADS: Final = 10
RATE: Final = 1_000_000
SIZE: Final = 5_000_000
PIECE: Final = 65_536
_SETTINGS: Final = {"CHADCHAT_LIMITS": "off", "CHADCHAT_QUOTA_FILES_ROOM": "9999", "CHADCHAT_QUOTA_FILES_TOTAL": "9999"}


def measure(port: int) -> tuple[list[float], list[float]]:
    """Posts a second: without uploads, and with UPLOADS of them on their way, by round."""
    room = _open(port)
    seat = {"Authorization": f"Bearer {room['token']}"}
    alone, beside = [], []
    for _ in range(ROUNDS):
        alone.append(_posts(port, room["code"], seat))
        begun, stop = multiprocessing.Barrier(2), multiprocessing.Event()
        uploads = multiprocessing.Process(target=_upload, args=(port, room, begun, stop), daemon=True)
        uploads.start()
        begun.wait(30)
        beside.append(_posts(port, room["code"], seat))
        stop.set()
        uploads.join(60)
        if uploads.exitcode:
            raise SystemExit("the uploads failed")
        print(f"{alone[-1]:.0f} posts a second, {beside[-1]:.0f} with {UPLOADS} uploads", flush=True)
    return alone, beside


def _posts(port: int, code: str, seat: dict[str, str]) -> float:
    with ThreadPoolExecutor(POSTERS) as posters:
        return sum(posters.map(lambda _: _post(port, code, seat), range(POSTERS)))


def _post(port: int, code: str, seat: dict[str, str]) -> float:
    """Post for SECONDS; how many a second."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        connection.request("POST", f"/{code}", f"message {count}", seat)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 201:
            raise SystemExit(f"a post was answered {answer.status}")
        count += 1
    connection.close()
    return count / (time.perf_counter() - start)


def _upload(port: int, room: dict[str, Any], begun: Any, stop: Any) -> None:
    """Keep UPLOADS uploads on their way, in a process of their own."""
    senders = [threading.Thread(target=_send, args=(port, room, stop)) for _ in range(UPLOADS)]
    for sender in senders:
        sender.start()
    begun.wait(30)
    for sender in senders:
        sender.join()


def _send(port: int, room: dict[str, Any], stop: Any) -> None:
    head = f"PUT /{room['code']}/a.bin HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {room['token']}\r\n"
    while not stop.is_set():
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(f"{head}Content-Length: {SIZE}\r\n\r\n".encode())
            start = time.perf_counter()
            for sent in range(0, SIZE, PIECE):
                if stop.is_set():
                    return
                wire.sendall(b"x" * min(PIECE, SIZE - sent))
                time.sleep(max(0.0, start + sent / RATE - time.perf_counter()))
            if not wire.recv(4096).startswith(b"HTTP/1.1 201 "):
                raise SystemExit("a file was refused")


def _open(port: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    connection.request("POST", "/rooms", json.dumps({"name": "Grace"}), headers)
    made: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return made


def main() -> None:
    """Measure once, and print the ratio."""
    with tempfile.TemporaryDirectory(prefix="chadchat-bench-") as folder:
        command = [sys.executable, "-m", "chadchat", "serve", "--port", "0", "--data", f"{folder}/data"]
        log = Path(folder) / "log"
        with running(command, log, cores()[0], _SETTINGS) as process:
            line = wait_for_line(process, log, "chadchat: listening on ")
            alone, beside = measure(int(line.rpartition(":")[2].strip("/ \n")))
    print(f"ratio {statistics.median(beside) / statistics.median(alone):.2f}")


if __name__ == "__main__":
    main()
