"""One room on a server of its own, for programs that compare posts with and without something else going on."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from .process import running, wait_for_line
from .system import cores, cpu_seconds


class OneRoom(NamedTuple):
    """A room and the headers of a seat in it, and the port and the process of its server."""

    port: int
    pid: int
    code: str
    seat: dict[str, str]

    def call(self, method: str, path: str, fields: dict[str, str] | None = None) -> dict[str, Any]:
        """The JSON of an answer, on a connection of its own."""
        return _call(self.port, method, path, fields)

    def posts(self, count: int, text: str = "message") -> float:
        """Microseconds of CPU of the server for a post of `<text> <number>`, one after another."""
        before = cpu_seconds([self.pid])
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        for number in range(count):
            self.post(connection, f"{text} {number}")
        connection.close()
        return (cpu_seconds([self.pid]) - before) / count * 1e6

    def post(self, connection: http.client.HTTPConnection, text: str) -> None:
        """Post a text, and wait for its answer."""
        connection.request("POST", f"/{self.code}", text, self.seat)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 201:
            raise SystemExit(f"a post was answered {answer.status}")


@contextmanager
def one_room(folder: Path, settings: Mapping[str, str]) -> Iterator[OneRoom]:
    """A server with its data in the folder, on a core of its own, while the block runs."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "chadchat", "serve", "--port", "0", "--data", str(folder / "data")]
    log = folder / "log"
    with running(command, log, cores()[0], {"CHADCHAT_LIMITS": "off", **settings}) as process:
        line = wait_for_line(process, log, "chadchat: listening on ")
        port = int(line.rpartition(":")[2].strip("/ \n"))
        room = _call(port, "POST", "/rooms", {"name": "Grace"})
        yield OneRoom(port, process.pid, room["code"], {"Authorization": f"Bearer {room['token']}"})


def _call(port: int, method: str, path: str, fields: dict[str, str] | None) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    connection.request(method, path, json.dumps(fields) if fields else None, headers)
    made: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return made
