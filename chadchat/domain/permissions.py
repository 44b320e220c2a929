"""Permissions: who may do what in a room, in one place.

A role is what a caller is to one room, at this moment. `apply` holds posts and joins to the same rules inside the
transaction, where nothing can change between the check and the act; this table is what reading, streams and pages
ask.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ..errors import Banned, ChatError, NotAllowed, OwnerRequired, RoomNotFound, SeatRequired


class Role(StrEnum):
    """What a caller is to a room."""

    OUTSIDER = "outsider"
    READ_LINK = "link:read"
    POST_LINK = "link:post"
    JOIN_LINK = "link:join"
    BANNED = "banned"
    MUTED = "muted"
    MEMBER = "member"
    OWNER = "owner"


class Act(StrEnum):
    """What there is to do."""

    READ = "read"
    POST = "post"
    JOIN = "join"
    SIT = "sit"  # what needs a seat of one's own: leaving, taking back one's own words
    MANAGE = "manage"


_SEATED: Final = frozenset({Role.MUTED, Role.MEMBER, Role.OWNER})

# In a room that is not locked ...
_OPEN: Final = {
    Act.READ: _SEATED | {Role.OUTSIDER, Role.READ_LINK, Role.JOIN_LINK},
    Act.POST: (_SEATED - {Role.MUTED}) | {Role.OUTSIDER, Role.POST_LINK, Role.JOIN_LINK},
    Act.JOIN: _SEATED | {Role.OUTSIDER, Role.READ_LINK, Role.JOIN_LINK},
    Act.SIT: _SEATED,
    Act.MANAGE: frozenset({Role.OWNER}),
}
# ... and what is not for everyone any more in one that is. An outsider may still try to join: with the passphrase.
_LOCKED: Final = {
    **_OPEN,
    Act.READ: _SEATED | {Role.READ_LINK},
    Act.POST: (_SEATED - {Role.MUTED}) | {Role.POST_LINK},
}

_LINKS: Final = {
    Role.READ_LINK: "This link only reads.",
    Role.POST_LINK: "This link only posts.",
    Role.JOIN_LINK: "This link is for joining. Join first.",
}


def may(role: Role, act: Act, *, locked: bool) -> bool:
    """Whether someone in this role may do that."""
    return role in (_LOCKED if locked else _OPEN)[act]


def refusal(role: Role, act: Act, room: str, *, locked: bool, until: str = "") -> ChatError:
    """Why not. A locked room says nothing of itself to those it keeps out, not even that it is there."""
    if locked and role in (Role.OUTSIDER, Role.BANNED):
        return RoomNotFound(room)
    if role is Role.BANNED:
        return Banned(room, until)
    if role in _LINKS:
        return NotAllowed(_LINKS[role])
    if role is Role.OUTSIDER:
        return SeatRequired(room)
    return OwnerRequired(room)
