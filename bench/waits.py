"""What 500 held waits for answers cost a post: its CPU with and without them, in turns, on one server.

`.venv/bin/python -m bench.waits` prints a line a round and the ratio of the medians. The aim is at most 1.10.
"""

from __future__ import annotations

import http.client
import json
import socket
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from .process import running, wait_for_line
from .system import cores, cpu_seconds

ROUNDS: Final = 5
POSTS: Final = 1500  # in each half of a round
WAITS: Final = 500


def measure(port: int, pid: int) -> tuple[list[float], list[float]]:
    """Microseconds of CPU of the server for a post: without waits, and with WAITS of them held, by round."""
    room, seat = _call(port, "POST", "/rooms", {"name": "Grace"}), {}
    seat = {"Authorization": f"Bearer {room['token']}"}
    alone, waited = [], []
    for _ in range(ROUNDS):
        alone.append(_posts(port, pid, room["code"], seat))
        asked = _call(port, "POST", f"/{room['code']}?choices=yes,no", {"text": "Deploy?"})
        with ExitStack() as held:
            for _ in range(WAITS):
                one = held.enter_context(socket.create_connection(("127.0.0.1", port)))
                one.sendall(f"GET /{room['code']}/{asked['seq']}/answer?wait=1h HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            _call(port, "GET", f"/{room['code']}/people", None)
            waited.append(_posts(port, pid, room["code"], seat))
        print(f"{alone[-1]:.0f} us a post, {waited[-1]:.0f} us with {WAITS} waits", flush=True)
    return alone, waited


def _posts(port: int, pid: int, code: str, seat: dict[str, str]) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    before = cpu_seconds([pid])
    for number in range(POSTS):
        connection.request("POST", f"/{code}", f"message {number}", seat)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 201:
            raise SystemExit(f"a post was answered {answer.status}")
    connection.close()
    return (cpu_seconds([pid]) - before) / POSTS * 1e6


def _call(port: int, method: str, path: str, fields: dict[str, str] | None) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    connection.request(method, path, json.dumps(fields) if fields else None, headers)
    made: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return made


def main() -> None:
    """Measure once, and print the ratio."""
    with tempfile.TemporaryDirectory(prefix="chadchat-bench-") as folder:
        command = [sys.executable, "-m", "chadchat", "serve", "--port", "0", "--data", f"{folder}/data"]
        log = Path(folder) / "log"
        with running(command, log, cores()[0], {"CHADCHAT_LIMITS": "off"}) as process:
            line = wait_for_line(process, log, "chadchat: listening on ")
            alone, waited = measure(int(line.rpartition(":")[2].strip("/ \n")), process.pid)
    print(f"ratio {statistics.median(waited) / statistics.median(alone):.2f}")


if __name__ == "__main__":
    main()
