"""Files: what a file of a message is called, of which type it is, and the facts of it that its event has.

A type is found in the bytes, never believed. One of ten is told, as the others help nobody: everything but a picture
that was encoded anew is a download (views/files.py).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from ..events import Event
from ..refusal import ChatError
from ..storage.db import Database
from ..storage.events import EVENTS_OF, event_of
from ..storage.files import ID, Stored
from .rooms import Room
from .visible import IGNORABLE, fault

LONGEST_NAME: Final = 100  # characters
MOST_NAME: Final = 200  # bytes: file systems allow 255
LONGEST_RAW: Final = 1024  # characters that are looked at
LONGEST_ENDING: Final = 8  # characters
LONGEST_ALT: Final = 500  # characters
LINES: Final = 20  # of a pasted text, in its event
MOST_LINES: Final = 2_000  # bytes of them
PASTE: Final = "paste.txt"  # a long text without a name of its own
HTML: Final = 900  # bytes of HTML around the words of a file
OTHER: Final = "application/octet-stream"
TEXT: Final = "text/plain"
WEBP: Final = "image/webp"

_FOLDERS: Final = re.compile(r"[/\\]")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BEGINNINGS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"ID3", "audio/mpeg"),
)
_VIDEO: Final = re.compile(rb".{4}ftyp(?:isom|iso[2-9]|mp4[12]|avc1|M4V |MSNV)", re.DOTALL)
_WEBP: Final = re.compile(rb"RIFF.{4}WEBP", re.DOTALL)
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_ENDINGS: Final = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/gzip": ".gz",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "audio/mpeg": ".mp3",
    "video/mp4": ".mp4",
}

_FILE: Final = f"{EVENTS_OF} AND seq = (SELECT seq FROM files WHERE room = log.room AND id = ?)"  # noqa: S608 - our own names


class FileRequired(ChatError, status=422, code="file_required", section="files", field="file"):
    sentence = "That file is empty, so nothing was sent."


class FileTooLarge(ChatError, status=413, code="file_too_large", section="files", field="file"):
    sentence, values = "That file is too large; a file may have {most} MiB.", ("most",)


class FilesOff(ChatError, status=403, code="files_off", section="files", field="file"):
    sentence, values = "No files are sent in {room}. Words still are.", ("room",)


class FileNotFound(ChatError, status=404, code="file_not_found", section="files"):
    """The same for one that never was, one that was removed, and one of another room."""

    sentence, values = "There is no such file in {room}, or it was removed.", ("room",)


class FileExpired(ChatError, status=410, code="file_expired", section="files"):
    sentence, values = "That file has expired, and its bytes are gone. Its message is still in {room}.", ("room",)


class RoomFilesFull(ChatError, status=413, code="room_files_full", section="files", field="file"):
    sentence = "The files of {room} take {most} MiB, and no more fit in. Remove some messages with files first."
    values = ("room", "most")


class FilesFull(ChatError, status=507, code="files_full", section="files", field="file"):
    sentence = "This server has no room for more files. Nothing was sent; words still are."


@dataclass(frozen=True, slots=True)
class Attachment:
    """The file of a message that is not stored yet. `digest` is the SHA-256 of what was sent, `on_disk` the bytes that
    it takes where they differ from `size`.
    """

    id: str
    name: str
    size: int
    type: str
    sha256: str
    digest: str
    alt: str = ""
    lines: str = ""
    width: int | None = None
    height: int | None = None
    on_disk: int | None = None
    expired: bool = False

    def changes(self) -> dict[str, Any]:
        """The public fields, without its address."""
        shown = {name: getattr(self, name) for name in ("id", "name", "size", "type", "sha256")}
        more = {name: getattr(self, name) for name in ("width", "height", "alt", "lines", "expired")}
        return {name: value for name, value in shown.items() if value != ""} | {
            name: value for name, value in more.items() if value
        }

    def detail(self) -> dict[str, int]:
        """The values that the rule of the message needs besides."""
        return {} if self.on_disk is None else {"on_disk": self.on_disk}


def attachment(stored: Stored, name: str, alt: str = "") -> Attachment:
    """The file of a message, from its bytes on the disk. Without a name it gets one by its type."""
    alt = " ".join(alt.split())[:LONGEST_ALT]
    if (picture := stored.picture) is not None:
        return Attachment(
            id=stored.id,
            name=with_ending(clean_file_name(name or "picture"), _ENDINGS[WEBP]),
            size=picture.size,
            type=WEBP,
            sha256=picture.sha256,
            digest=stored.sha256,
            alt=alt,
            width=picture.width,
            height=picture.height,
            on_disk=picture.on_disk,
        )
    type = type_of(stored.head)
    named = clean_file_name(name) if name else (PASTE if type == TEXT else f"file{_ENDINGS.get(type, '')}")
    lines = first_lines(stored.head) if named == PASTE and type == TEXT else ""
    return Attachment(stored.id, named, stored.size, type, stored.sha256, stored.sha256, alt, lines)


def clean_file_name(raw: str) -> str:
    """The name as it is stored and shown: without folders, and without characters that nobody sees or that turn others
    around; shortened in the middle, so that its ending stays.
    """
    name = _FOLDERS.split(raw[-LONGEST_RAW:])[-1]
    name = unicodedata.normalize("NFC", name)
    name = "".join(char for char in name if unicodedata.category(char) not in _UNSEEN)
    name = " ".join(IGNORABLE.sub("", name).split()).strip(". ")
    if fault(name):
        name = "".join(char for char in name if unicodedata.category(char)[0] != "M")
    return _short(name) or "file"


def with_ending(name: str, ending: str) -> str:
    """The name of what was made of a file: of a picture, which is a WebP whatever it was."""
    stem, _, last = name.rpartition(".")
    return _short(f"{stem if stem and len(last) <= LONGEST_ENDING else name}{ending}")


def type_of(head: bytes) -> str:
    """The media type of a file, from its first bytes."""
    for beginning, type in _BEGINNINGS:
        if head.startswith(beginning):
            return type
    if _WEBP.match(head):
        return "image/webp"
    if _VIDEO.match(head):
        return "video/mp4"
    return TEXT if _is_text(head) else OTHER


def first_lines(head: bytes) -> str:
    """The first lines of a text, at most LINES of them and MOST_LINES bytes."""
    text = head[:MOST_LINES].decode(errors="ignore").removeprefix("\ufeff")
    return "\n".join(text.replace("\r\n", "\n").split("\n")[:LINES])


async def find(db: Database, room: Room, id: str) -> Event:
    """The message with this file. Raises FileNotFound or FileExpired."""
    row = await db.one(_FILE, (room.code, room.epoch, room.id, id)) if ID.fullmatch(id) else None
    if row is None:
        raise FileNotFound(room.code)
    message = event_of(row)
    if message.file and "expired" in message.file:
        raise FileExpired(room.code)
    return message


def file_size(event: Event) -> int:
    """The bytes that the file of a message takes on a page."""
    file = event.file
    return 0 if file is None else HTML + 6 * sum(len(file.get(part, "").encode()) for part in ("name", "alt", "lines"))


def _is_text(head: bytes) -> bool:
    if _CONTROLS.search(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and error.reason == "unexpected end of data"
    return True


def _short(name: str) -> str:
    if len(name) <= LONGEST_NAME and len(name.encode()) <= MOST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > 16:
        stem, dot, ending = name, "", ""
    while len(stem) + len(dot + ending) > LONGEST_NAME or len(f"{stem}{dot}{ending}".encode()) > MOST_NAME:
        stem = stem[:-1]
    return f"{stem.rstrip()}{dot}{ending}"
