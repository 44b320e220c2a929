"""SIGHUP: the process replaces itself with the new code, or stays as it is if the new code does not start."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import httpx
import pytest

from ..browser.people import history
from ..serving import Server
from ..waiting import wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A copy of the code that a test may change."""
    copy = tmp_path / "code"
    copytree(ROOT / "chadchat", copy / "chadchat")
    for name in ("migrations", "pyproject.toml", "static", "templates"):
        (copy / name).symlink_to(ROOT / name)
    return copy


@pytest.fixture
def server(tmp_path: Path, code: Path) -> Iterator[Server]:
    started = Server(tmp_path / "data", code=code).start()
    yield started
    if started.running:
        started.stop()


def version(server: Server) -> str:
    return httpx.get(f"{server.url}/help").text.split(":")[0]


def change(file: Path, before: str, after: str) -> None:
    source = file.read_text()
    assert before in source
    file.write_text(source.replace(before, after))


def test_a_restart_takes_the_new_code_and_keeps_process_address_and_rooms(server: Server, code: Path) -> None:
    room, pid = server.create(), server.pid
    change(code / "chadchat/__init__.py", '"0.1.0"', '"0.1.0+next"')
    assert version(server) == "chadchat 0.1.0"

    server.renew()

    assert version(server) == "chadchat 0.1.0+next"
    assert server.pid == pid
    assert httpx.get(room["url"]).status_code == 200


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("chadchat/node.py", "import annotations", "import annotations_of_the_future"),
        ("chadchat/app.py", "return app\n", "raise RuntimeError\n"),
        ("chadchat/log/local.py", "migrate(db)", "migrate(nothing)"),
    ],
    ids=["import", "wiring", "database"],
)
def test_new_code_that_does_not_start_leaves_the_old_serving(
    server: Server, code: Path, file: str, before: str, after: str
) -> None:
    change(code / file, before, after)
    room = server.create()
    with httpx.stream("GET", f"{room['url']}/json", params={"since": "all"}) as stream:
        lines = stream.iter_lines()
        assert '"open"' in next(lines)
        server.send(signal.SIGHUP)
        wait_until(lambda: "the new version does not start" in server.stderr.read_text())
        httpx.post(room["url"], content="still here")
        while "still here" not in (line := next(lines)):
            assert '"bye"' not in line

    change(code / file, after, before)
    server.renew()
    assert history(room["url"])[-1].text == "still here"


def test_a_restart_that_is_asked_for_many_times_is_one(server: Server) -> None:
    pid = server.pid
    for _ in range(20):
        server.send(signal.SIGHUP)

    server.ready()

    assert (server.pid, server.stop()) == (pid, 0)
    assert server.stderr.read_text().count("data in") == 2


def test_a_server_that_is_stopped_while_it_restarts_is_stopped(server: Server) -> None:
    room = server.create()
    with httpx.stream("GET", f"{room['url']}/json") as stream:
        for line in stream.iter_lines():
            if '"open"' in line:
                server.send(signal.SIGHUP)
            if '"bye"' in line:
                break
        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < 2
    assert server.stderr.read_text().count("data in") == 1


def test_a_server_that_is_stopped_while_the_new_code_is_tried_is_stopped(server: Server, code: Path) -> None:
    tried = code / "tried"
    slow = f"import pathlib, time\npathlib.Path({str(tried)!r}).touch()\ntime.sleep(60)\n"
    change(code / "chadchat/node.py", "import annotations\n", f"import annotations\n{slow}")
    server.send(signal.SIGHUP)
    wait_until(tried.exists)

    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < 2


def test_a_post_under_way_is_answered_and_told_that_the_connection_ends(server: Server) -> None:
    room = server.create()
    address = ("127.0.0.1", int(server.port))
    head = f"POST /{room['code']} HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhal"
    with socket.create_connection(address, timeout=60) as post, httpx.stream("GET", f"{room['url']}/json") as stream:
        post.sendall(head.encode())
        for line in stream.iter_lines():
            if '"open"' in line:
                server.send(signal.SIGHUP)
            if '"bye"' in line:
                break
        post.sendall(b"f, half")
        answer = post.makefile("rb").read().lower()  # to the end: it is closed

    server.ready()
    assert answer.startswith(b"http/1.1 201 ")
    assert b"\r\nconnection: close\r\n" in answer
    assert history(room["url"])[-1].text == "half, ha"
