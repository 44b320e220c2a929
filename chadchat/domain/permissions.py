"""Permissions: the table of roles and the acts that each may do in a room.

Reading, streams and pages ask this table. For events, `apply` checks the same rules again inside the transaction, as a
role may change between the check here and the append.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ..errors import Banned, NotAllowed, OwnerRequired, RoomNotFound, SeatRequired
from ..refusal import ChatError


class Role(StrEnum):
    """The role of a caller in one room."""

    OUTSIDER = "outsider"
    READ_LINK = "link:read"
    POST_LINK = "link:post"
    JOIN_LINK = "link:join"
    BANNED = "banned"
    MUTED = "muted"
    MEMBER = "member"
    OWNER = "owner"


class Act(StrEnum):
    """The acts that need a permission."""

    READ = "read"
    POST = "post"
    ATTACH = "attach"  # send a file
    JOIN = "join"
    SIT = "sit"  # acts on the caller's own seat and messages: leave, remove an own message
    MANAGE = "manage"


_SEATED: Final = frozenset({Role.MUTED, Role.MEMBER, Role.OWNER})

# The roles that may do each act in a room that is not locked ...
_OPEN: Final = {
    Act.READ: _SEATED | {Role.OUTSIDER, Role.READ_LINK, Role.JOIN_LINK},
    Act.POST: (_SEATED - {Role.MUTED}) | {Role.OUTSIDER, Role.POST_LINK, Role.JOIN_LINK},
    Act.ATTACH: _SEATED | {Role.POST_LINK},  # a muted member is told so by the time of the mute
    Act.JOIN: _SEATED | {Role.OUTSIDER, Role.READ_LINK, Role.JOIN_LINK},
    Act.SIT: _SEATED,
    Act.MANAGE: frozenset({Role.OWNER}),
}
# ... and in a locked room. An outsider may still try to join, with the passphrase.
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
    """Whether a caller in this role may do this act."""
    return role in (_LOCKED if locked else _OPEN)[act]


def refusal(role: Role, act: Act, room: str, *, locked: bool, until: str = "", known: bool = True) -> ChatError:
    """The error for an act that `may` does not allow. An outsider to a locked room hears that there is no such room.
    With `known` the caller is the one who was banned, and not only at the same address.
    """
    if locked and role in (Role.OUTSIDER, Role.BANNED):
        return RoomNotFound(room)
    if role is Role.BANNED:
        return Banned(room, until, network=not known)
    if role in _LINKS:
        return NotAllowed(_LINKS[role])
    if role is Role.OUTSIDER:
        return SeatRequired(room)
    return OwnerRequired(room)
