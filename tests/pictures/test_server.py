"""A real server with its worker: what it says at its start, and that the worker ends with it."""

from __future__ import annotations

import io
import signal
from pathlib import Path

import httpx
from PIL import Image

from ..serving import Server
from ..waiting import wait_until
from .making import coloured, encoded
from .test_worker import forked, is_over


def sent(server: Server, seat: dict[str, str]) -> int:
    """Send a picture; the process id of the worker, which is the only process that a server starts."""
    headers = {"Authorization": f"Bearer {seat['token']}"}
    answer = httpx.put(f"{server.url}/{seat['code']}/a.jpg", content=encoded(coloured(20, 20), "JPEG"), headers=headers)
    assert answer.status_code == 201, answer.text
    shown = httpx.get(f"{server.url}{answer.json()['file']['url']}", headers=headers)
    with Image.open(io.BytesIO(shown.content)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (20, 20))
    [worker] = forked(server.pid)
    return worker


def test_the_worker_ends_with_the_server(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    seat = server.create()
    assert "; pictures are encoded anew" in server.stderr.read_text()
    worker = sent(server, seat)
    server.renew()  # SIGHUP: the same process goes on as its next version
    wait_until(lambda: is_over(worker))
    worker = sent(server, seat)

    assert server.stop() == 0

    wait_until(lambda: is_over(worker))
    worker = sent(server.start(), seat)

    server.stop(signal.SIGKILL)

    wait_until(lambda: is_over(worker))
