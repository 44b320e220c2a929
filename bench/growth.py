"""Measures the time of a room page and of a start of the server with a long log."""

from __future__ import annotations

import asyncio
import http.client
import json
import secrets
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from chadchat.domain.markdown import render
from chadchat.events import Event, now
from chadchat.log.local import LocalLog
from chadchat.storage.apply import apply
from chadchat.storage.db import connect_writer

from .process import Failed, running, wait_for_line
from .servers import Server, create_room
from .system import cores, cpu_seconds

PAGES: Final = 101  # requests, of which the median counts
BATCH: Final = 10_000  # events in a transaction; not what is measured


def log_case(server: Server, messages: int) -> dict[str, Any]:
    """Make a room with so many messages by chadchat's own `apply`, then start a server on it."""
    with tempfile.TemporaryDirectory(prefix="chadchat-bench-") as folder:
        try:
            return {"figures": _measure(Path(folder), messages)}
        except Failed as reason:
            return {"void": str(reason)}


def _measure(folder: Path, messages: int) -> dict[str, float]:
    data, log, core = folder / "data", folder / "log", cores()[0]
    command = [sys.executable, "-m", "chadchat", "serve", "--port", "0", "--data", str(data)]
    ready = "chadchat: listening on "
    with running(command, log, core) as process:
        room = create_room(int(wait_for_line(process, log, ready).rpartition(":")[2]))
    asyncio.run(_fill(data, room["code"], messages))
    began = time.monotonic()
    with running(command, log, core) as process:
        port = int(wait_for_line(process, log, ready).rpartition(":")[2])
        start = time.monotonic() - began
        before = cpu_seconds([process.pid])
        page = _page(port, room)
        cpu = cpu_seconds([process.pid]) - before
    return {"page_ms": page * 1000, "start_ms": start * 1000, "page_cpu_ms": cpu / PAGES * 1000}


async def _fill(data: Path, code: str, messages: int) -> None:
    log = await LocalLog.open(data)  # holds the lock, so that nobody else writes meanwhile
    db = connect_writer(data / "chadchat.sqlite3")
    try:
        _append(db, code, messages)
    finally:
        db.close()
        await log.close()


def _append(db: sqlite3.Connection, code: str, messages: int) -> None:
    text = "The kettle is on; who wants a cup of tea in the garden at four?"
    event = Event(
        code, "message", now(), "Ada", text=text, html=render(text), detail={"skeleton": secrets.token_hex(4)}
    )
    for first in range(0, messages, BATCH):
        db.execute("BEGIN IMMEDIATE")
        for number in range(first, min(first + BATCH, messages)):
            apply(db, replace(event, text=f"{number} {text}"))
        db.execute("COMMIT")


def _page(port: int, room: dict[str, str]) -> float:
    """Median seconds of the room page, as the owner gets it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Accept": "text/html", "Authorization": f"Bearer {room['token']}"}
    times = []
    for _ in range(PAGES):
        began = time.monotonic()
        connection.request("GET", f"/{room['code']}", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        times.append(time.monotonic() - began)
        if answer.status != 200 or b"data-kind" not in body:
            raise Failed(f"the room page answered {answer.status}: {json.dumps(body[:200].decode(errors='replace'))}")
    connection.close()
    return statistics.median(times)
