"""A room with its files as a zip, and a new room from it: whole, or refused with a sentence and nothing stored."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

from chadchat.app import create_app, exports
from chadchat.domain import archive as made
from chadchat.domain import messages, rooms
from chadchat.domain.archive import archive
from chadchat.domain.members import Seat
from chadchat.domain.rooms import Room
from chadchat.log.local import LocalLog
from chadchat.settings import Settings
from chadchat.storage.check import check
from chadchat.storage.db import FILE
from chadchat.storage.files import Files

from ..attaching import attach, kept
from ..operating import Said, chadchat, within
from ..pictures.making import encoded, noise

AT = "2026-11-22T12:00:00.000Z"
Entries = dict[str, bytes]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def zipped(log: LocalLog, room: Room, data: Path) -> bytes:
    room = await rooms.find(log.db, room.code)
    lines = exports(create_app(Settings()))["jsonl"]
    return b"".join([part async for _, part in archive(log.db, room, lines, Files(data))])


def entries_of(packed: bytes) -> Entries:
    with zipfile.ZipFile(io.BytesIO(packed)) as read:
        assert read.testzip() is None
        return {name: read.read(name) for name in read.namelist()}


def imported(target: Path, packed: bytes, run: Callable[..., Said] = within) -> Said:
    (target.parent / "in.zip").write_bytes(packed)
    return run(target, "import", target.parent / "in.zip")


async def test_the_zip_has_the_lines_and_every_file_that_lives(
    log: LocalLog, room: Room, ada: Seat, data: Path
) -> None:
    one = await attach(log, data, ada, b"one", "a<b>.log")
    two = await attach(log, data, ada, b"two")
    gone = await attach(log, data, ada, b"gone")
    await messages.remove(log, log.db, room, ada.member, gone.seq)

    found = entries_of(await zipped(log, room, data))

    assert found.keys() == {f"{room.code}.jsonl", f"files/{one.seq}/a_b_.log", f"files/{two.seq}/log.txt"}
    assert found[f"files/{one.seq}/a_b_.log"] == b"one"
    lines = [json.loads(line) for line in found[f"{room.code}.jsonl"].splitlines()]
    assert [line["file"]["name"] for line in lines if "file" in line] == ["a<b>.log", "log.txt"]


async def test_a_file_of_many_parts_and_one_of_many_pages_arrive_whole(
    log: LocalLog, room: Room, ada: Seat, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made, "PAGE", 2)
    monkeypatch.setattr(made, "CHUNK", 1000)
    content = bytes(range(256)) * 99
    said = [await attach(log, data, ada, content[number:]) for number in range(5)]

    found = entries_of(await zipped(log, room, data))

    assert [found[f"files/{one.seq}/log.txt"] for one in said] == [content[number:] for number in range(5)]


async def test_an_import_brings_messages_and_files(
    log: LocalLog, room: Room, ada: Seat, data: Path, tmp_path: Path
) -> None:
    await attach(log, data, ada, b"one", "one.log", "look")
    await attach(log, data, ada, b"two\n", "paste.txt")
    target = tmp_path / "other" / "data"
    target.parent.mkdir()

    said = imported(target, await zipped(log, room, data), chadchat)

    assert said.status == 0, said.err
    assert "2 messages are in" in said.err
    assert {path.read_bytes() for path in kept(target)} == {b"one", b"two\n"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept(target)} == {0o600}
    found = check(target)
    assert (found.faults, found.files) == ([], 2)
    again = await LocalLog.open(target)
    events = [event for event in await again.tail(said.out.strip(), 9) if event.kind == "message"]
    await again.close()
    assert [(event.text, event.changes["file"]["name"]) for event in events] == [("look", "one.log"), ("", "paste.txt")]
    assert events[1].changes["file"]["lines"] == "two\n"
    ids = {event.changes["file"]["id"] for event in events}
    assert ids == {path.name for path in kept(target)}
    assert not ids & {path.name for path in kept(data)}


async def test_a_file_that_goes_while_the_zip_is_made_is_left_out_and_can_be_imported(
    log: LocalLog, room: Room, ada: Seat, data: Path, tmp_path: Path
) -> None:
    said = [await attach(log, data, ada, text) for text in (b"one", b"two")]
    Files(data).path(said[0].changes["file"]["id"]).unlink()
    packed = await zipped(log, room, data)
    (tmp_path / "other").mkdir()

    assert entries_of(packed)["left-out.txt"] == f"files/{said[0].seq}/log.txt".encode()
    assert imported(tmp_path / "other" / "data", packed, chadchat).status == 0
    again = await LocalLog.open(tmp_path / "other" / "data")
    rows = await again.db.all("SELECT kind, size FROM files ORDER BY seq")
    await again.close()
    assert rows == [("expired", 0), ("file", 3)]


async def test_a_picture_is_exported_in_its_largest_size_and_encoded_anew_when_it_is_imported(
    app: Quart, client: QuartClient, tmp_path: Path
) -> None:
    room = await (await client.post("/rooms", json={"name": "Grace"}, headers={"Accept": "*/*"})).get_json()
    headers = {"Authorization": f"Bearer {room['token']}"}
    answer = await client.put(f"/{room['code']}/tea.png", data=encoded(noise(1200, 900), "PNG"), headers=headers)
    sent = (await answer.get_json())["file"]
    made = await (await client.get(f"/{room['code']}.zip", headers=headers)).get_data(as_text=False)
    found = entries_of(made)
    target = tmp_path / "other" / "data"
    target.parent.mkdir()

    said = imported(target, made, chadchat)
    cut = found["files/3/tea.webp"][:-9]
    facts = {sent["sha256"]: hashlib.sha256(cut).hexdigest(), f'"size":{sent["size"]}': f'"size":{len(cut)}'}
    lines = found[f"{room['code']}.jsonl"].decode()
    for before, after in facts.items():
        lines = lines.replace(before, after)
    bad = imported(target, packed({f"{room['code']}.jsonl": lines.encode(), "files/3/tea.webp": cut}), chadchat)

    [name] = [name for name in found if name.endswith(".webp")]
    assert (name, hashlib.sha256(found[name]).hexdigest()) == ("files/3/tea.webp", sent["sha256"])
    assert said.status == 0, said.err
    assert sorted(path.name.partition(".")[2] for path in kept(target)) == ["2560.webp", "800.webp"]
    assert check(target).faults == []
    assert (bad.status, "That picture cannot be read" in bad.err) == (1, True), bad.err
    assert len(kept(target)) == 2


def line(seq: int, content: bytes = b"one", **more: Any) -> bytes:
    file = {"name": "log.txt", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    said = {"kind": "message", "at": AT, "seq": seq, "name": "Ada", "text": ""}
    return json.dumps({**said, "file": {**file, **more}}).encode() + b"\n"


OPENED = json.dumps({"kind": "room", "at": AT, "seq": 1, "title": "Tea"}).encode() + b"\n"
GOOD: Entries = {"KQZF.jsonl": OPENED + line(2), "files/2/log.txt": b"one"}


def packed(entries: Entries, change: Callable[[zipfile.ZipInfo], None] = lambda entry: None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            change(entry)
            made.writestr(entry, content)
    return out.getvalue()


def twice() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in GOOD.items():
            made.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("files/2/log.txt", b"two")
    return out.getvalue()


def a_link(entry: zipfile.ZipInfo) -> None:
    if entry.filename.startswith("files"):
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16


def damaged() -> bytes:
    good = bytearray(packed({**GOOD, "files/2/log.txt": bytes(range(256)) * 40}))
    at = good.index(b"files/2/log.txt") + 40
    good[at : at + 40] = b"\xff" * 40
    return bytes(good)


def of_two(second: str, content: bytes = b"") -> bytes:
    return packed({**GOOD, second: content})


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"PK\x05\x06" + bytes(18), "no export of a room"),
    "cut off": (lambda: packed(GOOD)[:-30], "no zip that can be read"),
    "no lines": (lambda: packed({"files/2/log.txt": b"one"}), "no export of a room"),
    "lines twice": (lambda: of_two("UMUC.jsonl"), "no export of a room"),
    "another folder": (lambda: of_two("etc/passwd"), "an entry that no export has: 'etc/passwd'"),
    "upwards": (lambda: of_two("files/2/../../../evil"), "an entry that no export has"),
    "upwards by name": (lambda: of_two("../evil"), "an entry that no export has"),
    "from the root": (lambda: of_two("/etc/passwd"), "an entry that no export has"),
    "a backslash": (lambda: of_two("files/3/..\\evil"), "an entry that no export has"),
    "the same name twice": (twice, "two entries of the name 'files/2/log.txt'"),
    "two files of a message": (lambda: of_two("files/2/other.txt"), "two files of message 2"),
    "a link": (lambda: packed(GOOD, a_link), "is no file, but a link"),
    "a file that is missing": (
        lambda: packed({"KQZF.jsonl": GOOD["KQZF.jsonl"]}),
        "Line 2: the file of message 2 is not",
    ),
    "other bytes": (lambda: packed({**GOOD, "files/2/log.txt": b"two"}), "is not the file that its line tells of"),
    "another size": (lambda: packed({**GOOD, "files/2/log.txt": b"three"}), "has 5 bytes, and its line says 3"),
    "damaged": (damaged, "Line 2"),
    "a file like a bomb": (lambda: of_two("files/3/bomb", bytes(11 << 20)), "a file may have 10485760"),
    "lines like a bomb": (lambda: of_two("UMUC.jsonl", b" " * (4 << 20)), "no export of a room"),
    "only lines like a bomb": (lambda: packed({"KQZF.jsonl": b" " * (4 << 20)}), "it is a bomb"),
    "left out like a bomb": (lambda: of_two("left-out.txt", bytes(33 << 20)), "left-out.txt in that zip is too large"),
    "a bad line": (lambda: packed({**GOOD, "KQZF.jsonl": OPENED + line(2) + b"{"}), "Line 3 is not JSON"),
    "a file without a name": (lambda: packed({**GOOD, "KQZF.jsonl": OPENED + line(2, name=None)}), "no name"),
    "a file of no size": (lambda: packed({**GOOD, "KQZF.jsonl": OPENED + line(2, size=-1)}), "The size of its file"),
    "a size like words": (lambda: packed({**GOOD, "KQZF.jsonl": OPENED + line(2, size="3")}), "The size of its file"),
    "no hash": (lambda: packed({**GOOD, "KQZF.jsonl": OPENED + line(2, sha256=None)}), "is not the file that its line"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_zip_that_is_no_export_is_refused_with_a_sentence_and_nothing_is_stored(kind: str, tmp_path: Path) -> None:
    make, sentence = HOSTILE[kind]

    said = imported(tmp_path / "data", make())

    assert said.status == 1
    assert said.err.startswith("Error: ")
    assert sentence in said.err
    assert len(said.err) < 500
    assert kept(tmp_path / "data") == []
    assert not (tmp_path / "data" / FILE).exists()


def test_the_zip_that_the_hostile_ones_are_made_of_is_taken(tmp_path: Path) -> None:
    assert imported(tmp_path / "data", packed(GOOD)).status == 0
    assert [path.read_bytes() for path in kept(tmp_path / "data")] == [b"one"]


def test_a_zip_that_was_unpacked_and_packed_anew_is_taken(tmp_path: Path) -> None:
    again = {"files/": b"", "files/2/": b"", **GOOD}

    assert imported(tmp_path / "data", packed(again)).status == 0


@pytest.mark.parametrize("large", [False, True], ids=["zip", "zip64"])
def test_a_list_of_entries_that_would_fill_the_memory_is_not_read(
    tmp_path: Path, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chadchat.domain.unpacking.MOST_DIRECTORY", 1000)
    if large:
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)

    said = imported(tmp_path / "data", packed({f"files/{number}/x": b"" for number in range(1, 99)}))

    assert (said.status, said.err) == (1, "Error: That zip has more entries than any export.\n")


def test_the_lines_of_an_export_without_the_files_make_messages_whose_files_have_expired(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(OPENED + line(2, alt="a cup", width=800, height=600, type="image/webp"))

    assert within(tmp_path / "data", "import", tmp_path / "in.jsonl").status == 0

    said = within(tmp_path / "data", "check")
    assert said.status == 0, said.err
