"""A caller waits for an answer behind nginx and Caddy, with the files of docs/deploy, through cuts and a restart."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .serving import Server, free_port
from .test_deploy import DEPLOY, HOST, Site, wait_for
from .test_deploy import site as site
from .waiting import PATIENCE, wait_until


@pytest.fixture
def caddy(tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """A server, and the address of Caddy in front of it."""
    server, port = Server(tmp_path / "data", limits="on").start(), free_port()
    written = (DEPLOY / "Caddyfile").read_text()
    for stands, here in (
        ("chat.example {", f"http://127.0.0.1:{port} {{"),
        ("127.0.0.1:8000", f"127.0.0.1:{server.port}"),
    ):
        assert stands in written
        written = written.replace(stands, here)
    (tmp_path / "Caddyfile").write_text("{\n\tadmin off\n}\n" + written)
    home = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
    with (tmp_path / "output").open("w") as output:
        running = subprocess.Popen(command, env=os.environ | home, stderr=output, stdout=output)
    try:
        wait_for(running, port)
        yield server, f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(timeout=60)
        server.stop()


def asks_through(server: Server, address: str, *more: str) -> None:
    """Ask in a loop, as in the README, through waits that end, a restart and an answer: one question, one answer."""
    room = server.create()
    curl = ["curl", "-sSf", "-H", "Idempotency-Key: d42", "-d", "Deploy?", *more, f"{address}/{room['code']}?wait=2s"]
    loop = 'until "$@"; do sleep 0.2; done'
    asking = subprocess.Popen(
        ["timeout", str(PATIENCE), "sh", "-c", loop, "sh", *curl],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip

    def events() -> list[dict[str, object]]:
        said = httpx.get(f"{server.url}/{room['code']}/json?since=all&poll=1").text
        return [json.loads(line) for line in said.splitlines()]

    wait_until(lambda: any("asks" in event for event in events()))
    server.restart()
    [seq] = [event["seq"] for event in events() if "asks" in event]
    owner = {"Authorization": f"Bearer {room['token']}"}
    told = httpx.get(f"{server.url}/{room['code']}/{seq}/answer?wait=3s")  # meanwhile the loop comes back, and is cut
    assert told.status_code == 404
    assert httpx.post(f"{server.url}/{room['code']}/{seq}", content="go", headers=owner).status_code == 201
    said, errors = asking.communicate(timeout=PATIENCE)

    assert (said, asking.returncode) == ("go\n", 0), errors
    assert len([event for event in events() if "asks" in event]) == 1
    assert len([event for event in events() if "answers" in event]) == 1
    assert "error: 5" in errors or "error: 404" in errors  # it was cut


def test_an_answer_comes_through_nginx(site: Site) -> None:
    where = ["--cacert", str(site.certificate), "--resolve", f"{HOST}:{site.port}:127.0.0.1"]
    asks_through(site.server, f"https://{HOST}:{site.port}", *where)


def test_an_answer_comes_through_caddy(caddy: tuple[Server, str]) -> None:
    asks_through(*caddy)
