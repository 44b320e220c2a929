"""Requirement 13: a request cannot forge a line of the diagnostic log, which holds no personal data."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from quart import Quart
from quart.testing import QuartClient

from chadchat.diagnostics import JsonLines, configure

from ..serving import Server

SECRET = "the-secret-text"


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What the root logger writes meanwhile."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(handler)


def test_every_line_of_a_server_is_json_and_none_is_somebody_elses(server: Server) -> None:
    room = server.create()
    forged = "%0A{%22level%22:%22error%22,%22message%22:%22FORGED%22}%1B[31m"
    httpx.get(f"{server.url}/{forged}", headers={"User-Agent": "x\x1b[31mFORGED"})
    httpx.post(f"{server.url}/{room['code']}", content=SECRET, headers={"Name": "Mallory"})
    httpx.get(f"{server.url}/{room['code']}/sse?since={SECRET}", headers={"Authorization": f"Bearer {room['token']}"})
    with socket.create_connection(("127.0.0.1", int(server.port))) as wire:
        wire.sendall(b"GET /\nFORGED HTTP/1.1\r\nHost: x\r\n\r\n")
        wire.recv(1000)
    server.stop()

    written = server.stderr.read_text()
    lines = [json.loads(line) for line in written.splitlines()]
    assert lines
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    assert not any(word in written for word in (room["code"], room["token"], SECRET, "FORGED", "Mallory", "\x1b"))


async def test_a_crash_is_logged_by_place_and_id_and_the_answer_shows_the_id(app: Quart, client: QuartClient) -> None:
    @app.get("/crash")
    async def crash() -> str:
        raise KeyError(f"{SECRET}\n" + '{"level":"error","message":"FORGED"}')

    app.testing = False  # else the test client re-raises
    with logged() as written:
        answers = [await client.get("/crash", headers={"Accept": kind}) for kind in ("*/*", "text/html")]
    for answer, line in zip(answers, written.getvalue().splitlines(), strict=True):
        said = json.loads(line)
        body = await answer.get_data(as_text=True)
        assert answer.status_code == 500
        assert re.fullmatch("[0-9a-f]{8}", said["request"])
        assert said["request"] in body
        assert said["error"] == "KeyError"
        assert said["at"][-1].endswith(" crash")
        assert not any(word in body + line for word in (SECRET, "FORGED", "Traceback", "/chadchat/", "KeyError("))


# Half a character comes as text, for pytest keeps what is logged and could not write it down.
@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\nb", "a\u2028b", 'a"}\n{"level":"error"', "\x1b[2J", "\x00", r"\ud800"], ids=ascii
)
def test_no_text_makes_a_second_line(text: str) -> None:
    said = json.loads(f'"{text}"') if text.startswith("\\u") else text
    record = logging.LogRecord("chadchat.test", logging.ERROR, __file__, 1, "said %s", (said,), None)

    line = JsonLines().format(record)

    assert "\n" not in line
    assert line.isascii()
    assert json.loads(line)["message"] == f"said {said}"


def test_what_libraries_quote_is_left_out() -> None:
    with logged() as written:
        logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task KeyError(%r)>", SECRET)

    assert json.loads(written.getvalue())["message"] == "Task exception was never retrieved"
    assert SECRET not in written.getvalue()


def test_the_command_line_logs_this_way() -> None:
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        configure()
        assert [type(handler.formatter) for handler in logging.getLogger().handlers] == [JsonLines]
    finally:
        logging.getLogger().handlers[:] = before
        logging.getLogger().setLevel(level)
        logging.getLogger("chadchat").setLevel(logging.NOTSET)
