"""Entering a room: through an open door, with a passphrase or a link, or by knocking."""

from __future__ import annotations

from quart import Response

from .. import knocks, members
from ..errors import RoomNotFound
from ..members import Seat
from ..names import clean_name, skeleton
from ..permissions import Act, Role, refusal
from . import gate
from .access import Caller, find_caller, own_address
from .compression import mark_secret
from .respond import Wants, base_url, chat, json, see_other, wants
from .session import remember, seat_json


async def enter_room(code: str, name: str, passphrase: str = "") -> Response:
    """A seat under this name, or a knock where owners let people in. Someone who sits here already keeps the seat, or
    changes it for one with the new name.

    Raises NameRequired, NameInvalid, NameTaken, Banned, KnocksFull, RoomMoved, or RoomNotFound, also for a lock that
    this does not open.
    """
    caller = await _caller(code)
    if not passphrase and (caller is None or _needs_passphrase(caller)):
        raise RoomNotFound(code)
    name = clean_name(name)
    old = caller.member if caller else None
    if old and skeleton(old.name) == skeleton(name):
        return see_other(f"/{code}")
    if caller and not caller.may(Act.JOIN):
        raise refusal(caller.role, Act.JOIN, code, locked=caller.room.rules.lock is not None, until=caller.until)
    if caller and caller.room.rules.lock == "approval" and not old and caller.role is not Role.JOIN_LINK:
        gate.join()
        return await _knock(caller, name)
    gate.join()
    opened = await _opened(caller, code, passphrase)
    seat = await members.take_seat(chat().log, code, name, address=own_address(), opened=opened)
    if old:
        await members.give_up_seat(chat().log, code, old)
        chat().presence.gave_up(code, old)
    return await seat_answer(seat)


async def seat_answer(seat: Seat) -> Response:
    """What follows a seat: the room for a browser, the token for a program."""
    chat().presence.joined(seat.room, seat.member)
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return remember(see_other(f"/{seat.room}"), seat.room, seat.token)
    url = f"{base_url()}/{seat.room}"
    response = mark_secret(json({"code": seat.room, "url": url, "cursor": seat.cursor, **seat_json(seat)}, 201))
    response.headers["Location"] = f"/{seat.room}"
    return response


async def _caller(code: str) -> Caller | None:
    """None where there is no such room: a passphrase takes its time there as well."""
    try:
        return await find_caller(code)
    except RoomNotFound:
        return None


def _needs_passphrase(caller: Caller) -> bool:
    outside = caller.role in (Role.OUTSIDER, Role.READ_LINK)
    return outside and caller.room.rules.lock == "passphrase"


async def _opened(caller: Caller | None, code: str, passphrase: str) -> dict[str, int]:
    if caller and caller.member:
        return {"opened": caller.room.rules.locked_at}
    if caller and caller.link and caller.role is Role.JOIN_LINK:
        return {"link": caller.link.id}
    return await chat().gate.open(caller.room if caller else None, code, passphrase)


async def _knock(caller: Caller, name: str) -> Response:
    code = caller.room.code
    knock, token = await knocks.knock(chat().log, code, name, caller.address)
    where = f"/{code}/knocks/{knock.id}"
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return remember(see_other(where), code, token)
    shown = {"code": code, "url": f"{base_url()}{where}", "knock": knock.id, "token": token, **knock.public()}
    response = mark_secret(json(shown, 202))
    response.headers["Location"] = where
    return response
