"""What a file is called, and of which type it is: both are found here, whatever its sender says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chadchat.app import create_app
from chadchat.domain import messages, rooms
from chadchat.domain.files import (
    LONGEST_NAME,
    MOST_NAME,
    Attachment,
    attachment,
    clean_file_name,
    first_lines,
    type_of,
)
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.rooms import Room
from chadchat.live.frames import formats
from chadchat.log.local import LocalLog
from chadchat.settings import Settings
from chadchat.storage.files import Stored
from chadchat.words import size_words


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("log.txt", "log.txt"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/", "file"),
        ("", "file"),
        (".", "file"),
        ("..", "file"),
        ("...", "file"),
        (" \t ", "file"),
        (".bashrc", "bashrc"),
        ("a\0b\r\nc\x1b[31m.txt", "abc[31m.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u2066a\u2069\u200b\ufeff.txt", "a.txt"),
        ("e\u0301te\u0301.txt", "\u00e9t\u00e9.txt"),
        ("\u0301\u0301\u0301", "file"),
        ("a" + "\u0315\u0300" * 50 + ".txt", "\u00e0.txt"),
        ("\u8336.txt", "\u8336.txt"),
        ("a  b.txt ", "a b.txt"),
        ("\U0001f375.png", "\U0001f375.png"),
        ("\ud800.txt", "txt"),
    ],
)
def test_a_name_is_cleaned_of_folders_and_of_what_nobody_sees(raw: str, name: str) -> None:
    assert clean_file_name(raw) == name


@pytest.mark.parametrize("stem", ["x" * 300, "\u8336" * 300, "\U0001f375" * 300, "a." * 300])
def test_a_long_name_is_shortened_before_its_ending(stem: str) -> None:
    name = clean_file_name(f"{stem}.tar.gz")

    assert name.endswith(".gz")
    assert len(name) <= LONGEST_NAME
    assert len(name.encode()) <= MOST_NAME
    assert clean_file_name(name) == name
    assert len(clean_file_name("y" * 9000)) == LONGEST_NAME


@pytest.mark.parametrize(
    ("head", "type"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"PK\x03\x04rest", "application/zip"),
        (b"\x1f\x8b\x08rest", "application/gzip"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"ID3\x04", "audio/mpeg"),
        (b"tea\n", "text/plain"),
        ("\u8336".encode()[:-1], "text/plain"),  # the end of what is looked at may be in a character
        (b"<script>alert(1)</script>", "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain"),
        (b"\0\0\0\x20ftypheic", "application/octet-stream"),
        (b"tea\0", "application/octet-stream"),
        (b"\xff\xfetea", "application/octet-stream"),
        (b"caf\xe9 noir", "application/octet-stream"),
    ],
)
def test_a_type_is_found_in_the_bytes(head: bytes, type: str) -> None:
    assert type_of(head) == type


def test_a_file_without_a_name_gets_one_by_its_type() -> None:
    names = {
        attachment(Stored("0" * 32, 9, "f" * 64, head), "").name for head in (b"tea", b"\xff\xd8\xff", b"\0", b"%PDF-")
    }

    assert names == {"paste.txt", "file.jpg", "file", "file.pdf"}


def test_a_pasted_text_has_its_first_lines_in_its_event() -> None:
    text = "\n".join(f"line {number}" for number in range(100)).encode()

    assert first_lines(text).split("\n") == [f"line {number}" for number in range(20)]
    assert len(first_lines("\u8336".encode() * 5000).encode()) <= 2000
    assert "lines" not in attachment(Stored("0" * 32, 9, "f" * 64, text), "log.txt").changes()


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (8123, "8 KB"),
        (999_499, "999 KB"),
        (999_500, "1.0 MB"),
        (10**7, "10 MB"),
    ],
)
def test_a_size_is_told_in_words(size: int, words: str) -> None:
    assert size_words(size) == words


async def test_a_page_of_files_with_all_that_they_may_have_stays_within_its_size(
    log: LocalLog, grace: Seat, room: Room
) -> None:
    file = Attachment(
        "0" * 32, "\u8336" * 66, 10**7, "text/plain", "f" * 64, "f" * 64, "\u8336" * 500, "<\u8336\n" * 400, 2560, 2560
    )
    for number in range(80):
        sent = replace(file, id=f"{number:032x}")
        await messages.post(log, room.code, grace.member, Draft("", file=sent), log.db)
    pages = formats(create_app(Settings(data="unused")).jinja_env.overlay(enable_async=False))

    found = await messages.before(log.db, await rooms.find(log.db, room.code), limit=80)

    assert 5 < len(found.events) < 80
    for name in ("html", "sse"):
        assert sum(len(pages[name].event(event)) for event in found.events) < 256 * 1024, name
