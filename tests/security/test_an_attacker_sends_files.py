"""An attacker sends files: with hostile names and contents, cut, doubled, slow, too large, too many, and without the
right to. On a real server, with every limit in force.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from ..serving import Server
from ..waiting import wait_until

SILENCE = "0.6"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(
        tmp_path_factory.mktemp("files") / "data",
        limits="on",
        upload_silence=SILENCE,
        file_most="1",
        limit_files="30, then 20/h",
        limit_rooms="99, then 1/s",
        limit_posts="500, then 9/s",
        limit_room_posts="500",
    ).start()
    yield started
    started.stop()


@pytest.fixture
def room(server: Server) -> dict[str, str]:
    """Grace's room."""
    answer = httpx.post(f"{server.url}/rooms", json={"name": "Grace"}, headers={"Accept": "*/*"})
    made: dict[str, str] = answer.json()
    return made


def bearer(seat: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {seat['token']}", "Accept": "*/*"}


def put(server: Server, seat: dict[str, str], name: str, data: bytes) -> httpx.Response:
    return httpx.put(f"{server.url}/{seat.get('room', seat['code'])}/{name}", content=data, headers=bearer(seat))


def join(server: Server, room: dict[str, str], name: str) -> dict[str, str]:
    answer = httpx.post(f"{server.url}/{room['code']}/join", json={"name": name}, headers={"Accept": "*/*"})
    return {"code": room["code"], **answer.json()}


def on_disk(server: Server) -> set[str]:
    return {path.name for path in (server.data / "files").rglob("*") if path.is_file()}


def messages(server: Server, room: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(
        f"{server.url}/{room['code']}", headers=bearer(room) | {"Accept": "application/json"}
    ).json()["messages"]
    return found


NAMES = ["..%2F..%2Fetc%2Fpasswd", "a%00b", "%0d%0aSet-Cookie:%20x=y", "a%22;%20filename=%22b.exe", "%E2%80%AEgpj.exe",
         quote("\u8336" * 100), "x" * 300, "%2e", "%2e%2e", ".%20.", "%ff", "con", "%25", "a%3Fb", "a%23b",
         "%3Cscript%3E"]  # fmt: skip


def others(server: Server) -> set[str]:
    """What is in the data folder besides the files, and the file of the search, which is made a little later."""
    return {path.name for path in server.data.iterdir() if path.name != "files" and not path.name.startswith("search.")}


def test_a_hostile_name_is_cleaned_or_refused_and_leads_nowhere(server: Server, room: dict[str, str]) -> None:
    outside = others(server)
    for name in NAMES:
        answer = put(server, room, name, b"x")
        assert answer.status_code in (201, 400, 404), (name, answer.text)
        if answer.status_code != 201:
            assert answer.json()["error"].endswith(".")
            continue
        file = answer.json()["file"]
        assert "/" not in file["name"]
        assert file["name"].isprintable()
        assert len(file["name"].encode()) <= 200
        got = httpx.get(server.url + file["url"], headers=bearer(room))
        assert (got.status_code, got.content, "set-cookie" in got.headers) == (200, b"x", False)
        disposition = got.headers["Content-Disposition"]
        assert disposition.startswith('attachment; filename="')
        assert disposition.count('"') == 2
    assert others(server) == outside


POLYGLOTS = [
    b"<html><script>alert(1)</script>",
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    b"GIF89a/*<svg onload=alert(1)>*/=1;alert(1)",
    b"\xff\xd8\xff\xe0<script>alert(1)</script>",
    b"%PDF-1.7 <</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>",
    b"#!/bin/sh\nexit 1\n",
]


def test_what_could_run_is_only_ever_a_download(server: Server, room: dict[str, str]) -> None:
    for said in POLYGLOTS:
        headers = bearer(room) | {"Content-Type": "text/html"}
        address = f"{server.url}/{room['code']}/index.html"
        if said.startswith((b"GIF", b"\xff\xd8")):  # it says that it is a picture, and is none
            refused = httpx.put(address, content=said, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (422, "picture_invalid")
        sent = httpx.put(f"{address}?as=file", content=said, headers=headers).json()
        for accept in ("text/html", "image/*", "*/*"):
            got = httpx.get(server.url + sent["file"]["url"], headers=bearer(room) | {"Accept": accept})
            assert got.content == said
            assert got.headers["Content-Disposition"].startswith("attachment;")
            assert got.headers["X-Content-Type-Options"] == "nosniff"
            assert got.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
            assert got.headers.get_list("Content-Security-Policy", split_commas=True) == [
                "sandbox; default-src 'none'; frame-ancestors 'none'"
            ]
            assert got.headers["Cache-Control"].startswith("private")
            assert not got.headers["Content-Type"].startswith(("text/html", "image/svg", "text/xml"))
        head = httpx.head(server.url + sent["file"]["url"], headers=bearer(room))
        assert (head.headers["Content-Length"], head.content) == (str(len(said)), b"")


def connection(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(server.port)), timeout=60)


def begin(server: Server, room: dict[str, str], length: int, *more: str) -> socket.socket:
    """An upload whose first bytes are there, and are being written."""
    wire = connection(server)
    head = [f"PUT /{room['code']}/a.bin HTTP/1.1", "Host: x", f"Authorization: Bearer {room['token']}", *more]
    before = on_disk(server)
    wire.sendall("\r\n".join([*head, f"Content-Length: {length}", "", ""]).encode() + b"x" * 300_000)
    wait_until(lambda: any(name.endswith(".part") for name in on_disk(server) - before))
    return wire


def test_an_upload_that_is_cut_leaves_nothing(server: Server, room: dict[str, str]) -> None:
    before = on_disk(server)
    for _ in range(3):
        begin(server, room, 900_000).close()

    wait_until(lambda: on_disk(server) == before)
    assert messages(server, room) == []
    assert put(server, room, "a", b"x").status_code == 201


def test_silence_ends_an_upload_but_slowness_does_not(server: Server, room: dict[str, str]) -> None:
    before = on_disk(server)
    silent = begin(server, room, 900_000)
    answer = silent.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"upload_silent"' in answer + silent.recv(4096)
    silent.close()
    wait_until(lambda: on_disk(server) == before)

    with begin(server, room, 300_000 + 20) as slow:
        for _ in range(20):  # together longer than the silence that ends one, each much shorter
            assert not threading.Event().wait(float(SILENCE) / 10)
            slow.sendall(b"y")
        assert slow.recv(4096).startswith(b"HTTP/1.1 201 ")


def test_two_uploads_run_at_once_for_a_visitor_and_a_third_is_refused(server: Server, room: dict[str, str]) -> None:
    running = [begin(server, room, 300_001) for _ in range(2)]
    third = put(server, room, "a", b"x")
    for wire in running:
        wire.sendall(b"y")
        assert wire.recv(4096).startswith(b"HTTP/1.1 201 ")
        wire.close()

    assert (third.status_code, third.json()["code"]) == (429, "too_many_uploads")
    assert "Retry-After" in third.headers
    assert put(server, room, "a", b"x").status_code == 201


def test_the_same_upload_twice_at_once_shows_once_and_leaves_one_file(server: Server, room: dict[str, str]) -> None:
    before = on_disk(server)
    both = [begin(server, room, 300_001, "Idempotency-Key: a") for _ in range(2)]
    for wire in both:
        wire.sendall(b"y")
    assert all(wire.recv(4096).startswith(b"HTTP/1.1 201 ") for wire in both)
    for wire in both:
        wire.close()

    [message] = messages(server, room)
    wait_until(lambda: on_disk(server) - before == {message["file"]["id"]})


def test_a_file_of_which_the_head_tells_too_much_is_not_asked_for(
    server: Server, room: dict[str, str], tmp_path: Path
) -> None:
    large, small = tmp_path / "large", tmp_path / "small"
    large.write_bytes(b"\0" * 2_000_000)
    small.write_bytes(b"\0" * 900_000)
    mallory = {"code": room["code"], "token": "cct_none"}
    before = on_disk(server)

    def curl(who: dict[str, str], path: Path, *how: str) -> tuple[str, str, str]:
        """The status, the code, and how many bytes curl sent."""
        command = ["curl", "-s", "-H", f"Authorization: Bearer {who['token']}", "-H", "Expect: 100-continue", *how]
        command += ["-w", "\n%{http_code} %{size_upload}", f"{server.url}/{room['code']}/"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        body, _, facts = said.rpartition("\n")
        status, sent = facts.split()
        return status, body, sent

    for how in (["-T", str(large)], ["-F", f"file=@{large}"]):
        status, body, sent = curl(room, large, *how)
        assert (status, sent) == ("413", "0")
        assert '"code":"file_too_large"' in body
    for how in (["-T", str(small)], ["-F", f"file=@{small}"]):
        status, body, sent = curl(mallory, small, *how)
        assert (status, sent) == ("401", "0")
    assert on_disk(server) == before
    status, body, sent = curl(room, small, "-T", str(small))
    assert (status, sent) == ("201", "900000")


def test_a_file_that_turns_out_to_be_too_large_is_refused_and_nobody_is_disturbed(
    server: Server, room: dict[str, str]
) -> None:
    before = on_disk(server)

    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 65_536

    with contextlib.suppress(httpx.WriteError):  # it may be told before it has sent everything
        answer = httpx.put(f"{server.url}/{room['code']}/a", content=endless(), headers=bearer(room))
        assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    form = {"file": ("a", b"x" * 1_200_000)}
    answer = httpx.post(f"{server.url}/{room['code']}", files=form, data={"text": "look"}, headers=bearer(room))
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")

    wait_until(lambda: on_disk(server) == before)
    assert messages(server, room) == []
    assert httpx.post(f"{server.url}/{room['code']}", content="tea?", headers=bearer(room)).status_code == 201


def test_a_page_without_scripts_keeps_the_text_and_the_reply_when_the_file_is_refused(
    server: Server, room: dict[str, str]
) -> None:
    said = httpx.post(f"{server.url}/{room['code']}", content="which?", headers=bearer(room)).json()
    headers = {"Accept": "text/html", "Cookie": f"chad-{room['code']}={room['token']}"}
    data = {"text": "this <one>", "reply_to": str(said["seq"])}
    files = {"file": ("a", b"x" * 1_200_000)}
    page = httpx.post(f"{server.url}/{room['code']}", files=files, data=data, headers=headers)

    assert page.status_code == 413
    assert "this &lt;one&gt;" in page.text
    assert f'name="reply_to" value="{said["seq"]}"' in page.text
    assert "That file is too large; a file may have 1 MiB." in page.text


def test_who_lost_the_seat_gets_no_file_of_a_locked_room(server: Server, room: dict[str, str]) -> None:
    ada = join(server, room, "Ada")
    sent = put(server, room, "secret.txt", b"tea").json()["file"]["url"]
    httpx.patch(f"{server.url}/{room['code']}/settings", json={"lock": "approval"}, headers=bearer(room))
    assert httpx.get(server.url + sent, headers=bearer(ada)).content == b"tea"
    outside = httpx.get(server.url + sent)
    nothing = httpx.get(server.url + sent.replace(room["code"], "ZZZZ"))
    assert (outside.status_code, outside.text) == (404, nothing.text.replace("ZZZZ", room["code"]))

    httpx.delete(f"{server.url}/{room['code']}/people/{ada['member']}", headers=bearer(room))

    assert httpx.get(server.url + sent, headers=bearer(ada)).status_code == 404
    assert put(server, ada, "a", b"x").status_code == 404
    assert httpx.get(server.url + sent, headers=bearer(room)).content == b"tea"


def test_a_file_of_one_room_is_not_in_another(server: Server, room: dict[str, str]) -> None:
    url = put(server, room, "a", b"tea").json()["file"]["url"]
    answer = httpx.post(f"{server.url}/rooms", json={"name": "Mallory"}, headers={"Accept": "*/*"}).json()

    there = server.url + url.replace(room["code"], answer["code"])
    moved = httpx.get(there, headers=bearer(answer) | {"Accept": "application/json"})

    assert (moved.status_code, moved.json()["code"]) == (404, "file_not_found")


def test_only_members_owners_and_links_that_post_send_files(server: Server, room: dict[str, str]) -> None:
    ada = join(server, room, "Ada")
    made = {
        kind: httpx.post(f"{server.url}/{room['code']}/links", json={"kind": kind}, headers=bearer(room)).json()[
            "token"
        ]
        for kind in ("read", "post", "join")
    }
    assert put(server, ada, "a", b"x").status_code == 201
    for kind, status in (("read", 403), ("post", 201), ("join", 403)):
        assert put(server, {**room, "token": made[kind]}, "a", b"x").status_code == status
        form = {"file": ("a", b"x")}
        by_address = httpx.post(f"{server.url}/{room['code']}/links/{made[kind]}", files=form)
        assert by_address.status_code == status, (kind, by_address.text)
    httpx.post(f"{server.url}/{room['code']}/mutes", json={"member": ada["member"]}, headers=bearer(room))
    assert put(server, ada, "a", b"x").json()["code"] == "muted"
    httpx.patch(f"{server.url}/{room['code']}/settings", json={"read_only": "on"}, headers=bearer(room))
    assert put(server, {**room, "token": made["post"]}, "a", b"x").json()["code"] == "room_read_only"
    assert put(server, room, "a", b"x").status_code == 201


def test_a_flood_of_files_meets_the_limit_of_its_seat(server: Server, room: dict[str, str]) -> None:
    ada = join(server, room, "Ada")
    answers = [put(server, ada, "a", b"x") for _ in range(31)]

    assert [answer.status_code for answer in answers[:30]] == [201] * 30
    assert (answers[30].status_code, answers[30].json()["code"]) == (429, "too_many_files")
    assert put(server, room, "a", b"x").status_code == 201
