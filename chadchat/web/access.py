"""Access: finds the caller of a request and its role in a room, and checks its permission. Most views begin here."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from quart import Quart, Response

from ..domain import devices, links, moderation, rooms
from ..domain.links import Link
from ..domain.members import Member, seated
from ..domain.messages import Stranger
from ..domain.permissions import Act, Role, may, refusal
from ..domain.rooms import Room
from ..errors import Banned, RoomMoved, RoomNotFound, SeatRequired
from ..events import now
from ..live.eviction import Holder
from ..node import Node
from ..refusal import ChatError
from . import session, throttle
from .errors import refuse
from .respond import Wants, node, request, see_other, wants
from .visitor import visitor


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request, with its role in one room. `address` is a keyed hash, `until` the end of
    its ban, `token` that of its seat.
    """

    room: Room
    role: Role
    address: str
    member: Member | None = None
    link: Link | None = None
    until: str = ""
    token: str = field(default="", repr=False)

    def may(self, act: Act) -> bool:
        """Whether the caller may do this act."""
        return may(self.role, act, locked=self.room.rules.lock is not None)

    @property
    def muted_until(self) -> str | None:
        """When the caller may post again; None if the caller is not muted."""
        return self.member.muted_until if self.member and self.role is Role.MUTED else None

    @property
    def holder(self) -> Holder:
        """The caller as the holder of a stream."""
        member, link = self.member, self.link
        return Holder(member.id if member else None, link.id if link else None, self.address)


class CarriedAlong(RoomMoved):
    """The room has a new code, which this refusal tells, because the caller has a seat in the room."""

    sentence, values = "The room {room} is {to} now.", ("room", "to")

    def __init__(self, room: str, to: str, token: str) -> None:
        super().__init__(room, to)
        self.room = room
        self.to = to
        self.token = token


_ELSEWHERE: Final = "This page's place in {room} has ended: this browser left the room, or has another name there now."


def init_app(app: Quart) -> None:
    """Register the error handler that takes members to the new code of their room."""
    app.register_error_handler(CarriedAlong, _carry)


async def allow(act: Act, code: str, *, known: bool = False) -> Caller:
    """The caller, if it may do this act in this room. With `known` the room comes from the cache, and its head may be
    behind the log.

    Raises RoomNotFound (also if the room is locked and the caller may not know it), RoomMoved, SeatRequired, Banned,
    NotAllowed (a link of another kind) or OwnerRequired.
    """
    return await _allowed(act, await find_caller(code, known=known))


async def refused(caller: Caller, act: Act) -> ChatError:
    """The refusal of an act that the caller may not do. Whose seat ended by a ban is told so; others at its address are
    told that someone is banned.
    """
    code, locked = caller.room.code, caller.room.rules.lock is not None
    known = caller.until != "" and isinstance(await ended(code), Banned)
    return refusal(caller.role, act, code, locked=locked, until=caller.until, known=known)


async def manage(code: str) -> tuple[Room, Member]:
    """The room, and the caller as its owner. Raises the same as `allow`."""
    caller = await allow(Act.MANAGE, code)
    if caller.member is None:
        raise SeatRequired(code)
    return caller.room, caller.member


async def find_caller(code: str, *, known: bool = False) -> Caller:
    """The caller, with its role. Raises RoomNotFound, RoomMoved, or SeatRequired for an invalid bearer token."""
    try:
        room = await (node().room_cache.find(code) if known else rooms.find(node().db, code))
    except RoomMoved:
        await _follow(code)
        raise
    address = own_address()
    member = await session.member_of(code)
    if member is not None:
        node().presence.seen(code, member)  # also who is at the settings is here
        token = session.bearer() or session.seat_cookie(code) or ""
        return Caller(room, _role(member), address, member, token=token)
    return await _without_a_seat(room, await _link(room), address)


async def may_follow(code: str, *, known: bool, me: str = "") -> Caller:
    """The caller, if it may open a stream of the room. `known` and errors are as for `allow`. `me` is the id of the
    member whose page it is.

    Also raises SeatRequired for a browser whose seat has ended, or is another by now, so that its page says so instead
    of reading on.
    """
    caller = await allow(Act.READ, code, known=known)
    if caller.role is Role.OUTSIDER and session.seat_cookie(code):
        raise await ended(code) or SeatRequired(code)
    if me and me != (caller.member.id if caller.member else ""):
        raise SeatRequired(code, _ELSEWHERE.format(room=code))
    return caller


async def ended(code: str) -> SeatRequired | Banned | None:
    """How the seat ended whose token the browser still has, as a refusal; None where that is not known."""
    token = session.seat_cookie(code)
    return await devices.ended(node().db, code, token) if token else None


async def still_may(node: Node, caller: Caller) -> bool:
    """Whether a caller from `may_follow` may still read the room. Needs no current request."""
    try:
        room = await rooms.find(node.db, caller.room.code)
    except ChatError:
        return False
    if caller.member:
        return await seated(node.db, room.code, caller.token) is not None
    if caller.link:
        return caller.link in await links.all_of(node.db, room)
    return room.rules.lock is None and not await moderation.banned_until(node.db, room, caller.address)


async def author_of(code: str) -> Member | Stranger:
    """The author of a post, found with as few queries as possible, as `apply` checks the permission.

    Raises the same as `find_caller`, and for a link's token the same as `allow`.
    """
    try:
        member = await session.member_of(code)
        if member is None and session.bearer() is None and session.seat_cookie(code):
            with suppress(RoomNotFound):  # `apply` refuses it after the text is checked, as for a locked room
                await rooms.find(node().db, code)  # the seat has ended, or its room has moved (RoomMoved)
    except RoomMoved:
        await _follow(code)
        raise
    if member is not None:
        return member
    token = session.bearer()
    if token is None:
        return Stranger(own_address())
    caller = await allow(Act.POST, code)
    return Stranger(caller.address, caller.link.id if caller.link else None)


async def author_by_link(code: str, token: str) -> Stranger:
    """The author of a post to the address of a link, which has the token in it.

    Raises RoomNotFound for a link that opens nothing, whatever there is, and the same as `allow`.
    """
    room = await rooms.find(node().db, code)
    link = await links.held(node().db, room, token)
    if link is None:
        raise RoomNotFound(code)
    caller = await _allowed(Act.POST, await _without_a_seat(room, link, own_address()))
    return Stranger(caller.address, link.id)


def own_address() -> str:
    """The keyed hash of the caller's address, as bans store it."""
    return node().addresses.hashed(visitor())


async def _allowed(act: Act, caller: Caller) -> Caller:
    """The caller, if it may do this act. Raises as `permissions.refusal`."""
    if not caller.may(act):
        raise await refused(caller, act)
    throttle.let_in()
    return caller


async def _without_a_seat(room: Room, link: Link | None, address: str) -> Caller:
    if until := await moderation.banned_until(node().db, room, address):
        return Caller(room, Role.BANNED, address, until=until)
    return Caller(room, links.ROLES[link.kind] if link else Role.OUTSIDER, address, link=link)


def _role(member: Member) -> Role:
    if member.owner:
        return Role.OWNER
    return Role.MUTED if member.muted_until and member.muted_until > now() else Role.MEMBER


async def _link(room: Room) -> Link | None:
    """The link whose token the caller sends, if any. An invalid cookie is ignored, as its link may have been revoked.

    Raises RoomNotFound (in a locked room) or SeatRequired for an invalid bearer token.
    """
    token = session.bearer()
    if token is None:
        cookie = session.link_cookie(room.code)
        return await links.held(node().db, room, cookie) if cookie else None
    link = await links.held(node().db, room, token)
    if link is None:
        raise RoomNotFound(room.code) if room.rules.lock else SeatRequired(room.code)
    return link


async def _follow(code: str) -> None:
    """Raise CarriedAlong if the caller has a seat in the room that had this code before."""
    token = session.bearer() or session.seat_cookie(code)
    new = await rooms.successor(node().db, code)
    if token and new and await seated(node().db, new, token):
        raise CarriedAlong(code, new, token)


async def _carry(moved: CarriedAlong) -> Response:
    """The answer to CarriedAlong: redirect a browser and give it the cookie of the new code; tell a program the new
    address, so that it repeats its request there.
    """
    throttle.let_in()
    if wants() is not Wants.PAGE or request().opens_stream:  # a stream is never redirected
        response = await refuse(moved, moved=moved.to)
        response.headers["Location"] = f"/{moved.to}{request().path[len(moved.room) + 1 :]}"
        return response
    response = session.remember(see_other(f"/{moved.to}"), moved.to, moved.token)
    return session.forget(response, moved.room)
