"""Who may send a file into a room, and what the request says that it is called."""

from __future__ import annotations

from ..domain import links, rooms
from ..domain.files import FilesOff
from ..domain.permissions import Act, Role, may, refusal
from ..domain.rooms import Room
from ..errors import Muted, RoomReadOnly
from .access import allow
from .fields import check
from .respond import node, request


async def may_attach(code: str, token: str | None = None) -> Room:
    """The room, if the caller may send a file into it: with a seat, or with a link that posts, whose `token` may be in
    the address.

    Raises as `allow`, or Muted, FilesOff or RoomReadOnly.
    """
    if token is None:
        caller = await allow(Act.ATTACH, code, known=True)
        if caller.muted_until:
            raise Muted(code, caller.muted_until)
        room, role = caller.room, caller.role
    else:
        room = await rooms.find(node().db, code)
        role = await _role_of(room, token)
    if node().settings.files == "off" or not room.rules.files:
        raise FilesOff(code)
    if room.rules.read_only and role is not Role.OWNER:
        raise RoomReadOnly(code)
    return room


def name_header() -> str | None:
    """The name in the header `Filename`; None if there is none. Raises FieldInvalid."""
    raw = request().head.get(b"filename")
    if raw is None:
        return None
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        name = raw.decode("latin-1")
    return check({"filename": name})["filename"]


async def _role_of(room: Room, token: str) -> Role:
    link, locked = await links.held(node().db, room, token), room.rules.lock is not None
    role = links.ROLES[link.kind] if link else Role.OUTSIDER
    if not may(role, Act.ATTACH, locked=locked):
        raise refusal(role, Act.ATTACH, room.code, locked=locked)
    return role
