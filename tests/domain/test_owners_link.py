"""The operator's link: made by `chadchat rooms owner`, with and without a running server, and used once."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from chadchat.server.control import FILE

from ..operating import Said, chadchat, within
from ..serving import Server

JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def link_for(server: Server, code: str, run: Callable[..., Said] = within) -> str:
    """The path that the command prints."""
    said = run(server.data, "rooms", "owner", code.lower())
    assert (said.status, re.fullmatch(f"/{code}/links/ccl_[A-Za-z0-9_-]{{43}}\n", said.out) is not None) == (0, True)
    assert said.err.startswith(f"Open this path at your server's address and join: that makes an owner of {code}.")
    return said.out.strip()


def owners(url: str, token: str) -> list[str]:
    answer = httpx.get(f"{url}/owners", headers=bearer(token) | JSON)
    assert answer.status_code == 200, answer.text
    return [owner["name"] for owner in answer.json()["owners"]]


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
@pytest.mark.parametrize("lock", ["off", "approval", "passphrase"])
def test_the_first_to_use_the_link_becomes_an_owner_and_nobody_after(
    request: pytest.FixtureRequest, running: bool, lock: str
) -> None:
    server: Server = request.getfixturevalue("standing" if running else "server")
    room = server.create()
    fields = {"lock": lock, "passphrase": "correct horse"} if lock != "off" else {"lock": "off"}
    httpx.post(f"{room['url']}/settings", data=fields, headers=bearer(room["token"]))
    if not running:
        server.stop()
    path = link_for(server, room["code"], chadchat)
    if not running:
        server.start()
    url = f"{server.url}/{room['code']}"

    with httpx.Client(headers=PAGE) as browser:
        for _ in range(2):  # a preview spends nothing
            followed = browser.get(f"{server.url}{path}")
            assert (followed.status_code, followed.headers["Location"]) == (303, f"/{room['code']}")
        assert f'action="/{room["code"]}/join"' in browser.get(url).text
        assert browser.post(f"{url}/join", data={"name": "Ada"}).status_code == 303
        token = browser.cookies[f"chad-{room['code']}"]
    assert owners(url, token) == ["Grace", "Ada"]

    again = httpx.get(f"{server.url}{path}", headers=JSON)
    assert (again.status_code, again.json()["code"]) == (404, "room_not_found")
    program = httpx.post(f"{url}/join", data={"name": "Mallory"}, headers=bearer(path.rsplit("/", 1)[-1]) | JSON)
    assert program.status_code == (401 if lock == "off" else 202)  # a spent link is none: it is a stranger that knocks
    assert owners(url, token) == ["Grace", "Ada"]
    assert within(server.data, "check").status == 0


def test_a_program_joins_with_the_link_as_its_token(standing: Server) -> None:
    room = standing.create()
    path = link_for(standing, room["code"])

    made = httpx.post(f"{room['url']}/join", data={"name": "Ada"}, headers=bearer(path.rsplit("/", 1)[-1]))

    assert made.status_code == 201
    assert owners(room["url"], made.json()["token"]) == ["Grace", "Ada"]


def test_a_member_follows_the_link_and_owns_the_room_under_the_same_name(standing: Server) -> None:
    room = standing.create()
    with httpx.Client(headers=PAGE) as browser:
        browser.post(f"{room['url']}/join", data={"name": "Ada"})
        before = browser.cookies[f"chad-{room['code']}"]
        asked = browser.get(f"{standing.url}{link_for(standing, room['code'])}")
        assert (asked.status_code, 'value="Ada"' in asked.text) == (200, True)
        assert browser.post(f"{room['url']}/join", data={"name": "Ada"}).status_code == 303
        after = browser.cookies[f"chad-{room['code']}"]

    assert before != after
    assert owners(room["url"], after) == ["Grace", "Ada"]
    assert httpx.get(f"{room['url']}/people").text == "Grace\nAda\n"


def test_everyone_in_the_room_sees_that_such_a_link_was_made_and_owners_can_revoke_it(standing: Server) -> None:
    room = standing.create()
    path = link_for(standing, room["code"])
    grace = bearer(room["token"])

    assert "The operator made a link for an owner." in httpx.get(room["url"]).text
    (link,) = httpx.get(f"{room['url']}/links", headers=grace | JSON).json()["links"]
    assert (link["kind"], link["by"]) == ("owner", "the operator")
    assert "Makes an owner, made by" in httpx.get(f"{room['url']}/settings", headers=grace | PAGE).text
    assert httpx.delete(f"{room['url']}/links/{link['id']}", headers=grace).status_code == 200
    assert httpx.get(f"{standing.url}{path}", headers=JSON).status_code == 404
    made = httpx.post(f"{room['url']}/links", data={"kind": "owner"}, headers=grace | JSON)
    assert (made.status_code, made.json()["code"]) == (422, "setting_invalid")


def test_an_imported_room_gets_its_owner(server: Server, tmp_path: Path) -> None:
    room = server.create()
    httpx.post(room["url"], content="tea?")
    chadchat(server.data, "export", room["code"], tmp_path / "room.jsonl")
    server.stop()
    said = chadchat(server.data, "import", tmp_path / "room.jsonl")
    code, (_, path, _) = said.out.strip(), said.err.splitlines()
    server.start()

    made = httpx.post(f"{server.url}/{code}/join", data={"name": "Ada"}, headers=bearer(path.rsplit("/", 1)[-1]))

    assert made.status_code == 201
    assert owners(f"{server.url}/{code}", made.json()["token"]) == ["Ada"]


def test_a_room_that_is_not_there_or_closed_is_refused_with_a_sentence(server: Server) -> None:
    room = server.create()
    httpx.request("DELETE", room["url"], headers=bearer(room["token"]))

    for _ in range(2):
        assert chadchat(server.data, "rooms", "owner", "ZZZZ") == (
            1,
            "",
            "Error: There is no room ZZZZ, or it is locked.\n",
        )
        assert chadchat(server.data, "rooms", "owner", room["code"]) == (1, "", "Error: This room was closed.\n")
        if server.running:
            server.stop()


def test_nothing_is_made_where_there_is_no_database(tmp_path: Path) -> None:
    said = chadchat(tmp_path / "nothing", "rooms", "owner", "KQZF")

    assert (said.status, "There is no database" in said.err) == (1, True)
    assert not (tmp_path / "nothing").exists()


# The socket that the command goes through.


def say(server: Server, line: bytes) -> dict[str, Any]:
    with closing(socket.socket(socket.AF_UNIX)) as client:
        client.settimeout(60)
        client.connect(str(server.data / FILE))
        client.sendall(line)
        client.shutdown(socket.SHUT_WR)
        answer = client.makefile("rb").readline()
    return json.loads(answer) if answer else {}


def test_only_the_servers_user_may_open_the_socket_and_it_goes_with_the_server(server: Server) -> None:
    found = (server.data / FILE).stat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o600

    server.stop()

    assert not (server.data / FILE).exists()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"hello\n",
        b"[]\n",
        b"7\n",
        b"{}\n",
        b'{"command":"owner"}\n',
        b'{"command":"owner","room":7}\n',
        b'{"command":["owner"],"room":"KQZF"}\n',
        b'{"command":"stop","room":"KQZF"}\n',
        b'{"command":"owner","room":"\\ud800"}\n',
        b'{"command":"owner","room":"%s"}\n' % (b"A" * 10_000),
        b"\xff\xfe\n",
        b"[" * 4000 + b"\n",
    ],
    ids=lambda line: line[:24].decode("latin-1"),
)
def test_what_is_no_command_does_nothing_and_the_server_goes_on(standing: Server, line: bytes) -> None:
    room = standing.create()

    answer = say(standing, line)

    assert "path" not in answer
    assert answer.get("error") or len(line) > 4096

    assert "ccl_" in link_for(standing, room["code"])
    assert "Traceback" not in standing.stderr.read_text()


def test_a_server_that_was_killed_leaves_nothing_in_the_way(server: Server) -> None:
    room = server.create()
    server.stop(how=signal.SIGKILL)
    assert (server.data / FILE).exists()

    assert "ccl_" in link_for(server, room["code"])
    server.start()
    assert "ccl_" in link_for(server, room["code"])


def test_a_folder_with_a_very_long_path_works(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    server = Server(deep / "data").start()
    room = server.create()

    assert "ccl_" in link_for(server, room["code"])
    assert server.stop() == 0
