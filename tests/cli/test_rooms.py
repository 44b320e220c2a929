"""The command `chadchat rooms`: its list, and its subcommands."""

from __future__ import annotations

import httpx
import pytest

from ..operating import chadchat
from ..serving import Server
from ..waiting import wait_until


def test_rooms_are_listed_with_what_is_in_them_beside_a_running_server(server: Server) -> None:
    answer = httpx.post(f"{server.url}/rooms", json={"name": "Grace", "title": "Tea"}).json()
    httpx.post(answer["url"], content="x" * 3000)
    token = {"Authorization": f"Bearer {answer['token']}"}
    assert httpx.put(f"{answer['url']}/noise.bin", content=b"x" * 3000, headers=token).status_code == 201

    said = chadchat(server.data, "rooms")
    head, line = said.out.splitlines()

    assert head.split() == ["code", "members", "events", "KiB", "files", "KiB", "last", "activity", "title"]
    code, members, events, size, files, taken, day, _, title = line.split()
    assert (code, members, events, files, taken, title) == (answer["code"], "1", "4", "1", "2", "Tea")
    assert said.err.endswith("Their files take 2 KiB of 5120 MiB; those of a room may take 100 MiB.\n")
    assert int(size) >= 2
    assert day.startswith("20")


def test_a_room_is_closed_from_the_terminal(server: Server) -> None:
    room = server.create()
    server.stop()

    said = chadchat(server.data, "rooms", "close", room["code"].lower())

    assert said.status == 0
    assert said.err == f"{room['code']} is closed. Its code rests for 30 days; then what was said in it is removed.\n"
    assert chadchat(server.data, "rooms").out.rstrip().endswith("(closed)")
    server.start()
    assert httpx.get(f"{server.url}/{room['code']}").status_code == 410
    server.stop()
    assert chadchat(server.data, "rooms", "close", room["code"]) == (1, "", "Error: This room was closed.\n")


def test_what_a_room_keeps_is_said_from_the_terminal(server: Server) -> None:
    room = server.create()
    for number in range(20):
        httpx.post(room["url"], content=str(number))
    server.stop()

    said = chadchat(server.data, "rooms", "keep", room["code"], "--days", "0", "--events", "5")

    assert (said.status, said.err) == (0, f"{room['code']} keeps all days and 5 events from the next start on.\n")
    server.start()
    # A stream that is opened while the prune is stored gets a reset instead of it.
    wait_until(lambda: "Older messages were removed." in httpx.get(f"{server.url}/{room['code']}").text)


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_a_member_of_a_room_without_an_owner_becomes_one_from_the_terminal(server: Server, running: bool) -> None:
    room = server.create()
    ada = httpx.post(f"{room['url']}/join", json={"name": "Ada"}).json()
    left = httpx.post(
        f"{room['url']}/leave", data={"ownerless": "1"}, headers={"Authorization": f"Bearer {room['token']}"}
    )
    assert left.status_code == 200
    if not running:
        server.stop()

    wrong = chadchat(server.data, "rooms", "owner", room["code"], "Mallory")
    said = chadchat(server.data, "rooms", "owner", room["code"].lower(), "ada")

    assert wrong == (1, "", f"Error: There is no such member in {room['code']}.\n")
    assert said == (0, "", f"Ada is an owner of {room['code']} now.\n")
    if not running:
        server.start()
    owned = httpx.get(f"{server.url}/{room['code']}/owners", headers={"Authorization": f"Bearer {ada['token']}"})
    assert (owned.status_code, owned.text.split("\t")[0]) == (200, "Ada")
    assert "The operator made Ada an owner." in httpx.get(f"{server.url}/{room['code']}").text


def test_writing_commands_are_refused_while_the_server_runs(server: Server) -> None:
    room = server.create()

    for arguments in (["close", room["code"]], ["keep", room["code"], "--days", "1"]):
        said = chadchat(server.data, "rooms", *arguments)
        assert said.status == 1
        assert f"Another chadchat (process {server.pid}) is using" in said.err
    assert httpx.get(room["url"]).status_code == 200


def test_a_room_that_is_not_there_and_a_word_that_is_missing_are_refused_with_a_sentence(server: Server) -> None:
    server.stop()

    assert chadchat(server.data, "rooms", "close", "ZZZZ") == (
        1,
        "",
        "Error: There is no room ZZZZ, or it is locked.\n",
    )
    said = chadchat(server.data, "rooms", "keep", "ZZZZ")
    assert said == (1, "", "Error: Say what to keep: --days, --events or both.\n")
