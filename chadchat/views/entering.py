"""Entering a room: an open one, with a passphrase or a link, or by a knock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from quart import Response

from ..domain import knocks, links, members
from ..domain.codes import Code
from ..domain.colours import free_hues
from ..domain.links import Link
from ..domain.lookalikes import alike
from ..domain.members import Member, People, Seat
from ..domain.names import clean_seat_name
from ..domain.permissions import Act, Role
from ..domain.rooms import Room
from ..domain.unused_seats import with_name
from ..errors import Banned, KnocksFull, NameRequired, NameTaken, RoomNotFound
from ..refusal import ChatError
from ..storage.apply.links import APPOINTS
from ..web import throttle
from ..web.access import Caller, allow, ended, find_caller, own_address, refused
from ..web.asking import ask
from ..web.compression import mark_secret
from ..web.previews import PREVIEW
from ..web.respond import Wants, base_url, html, json, node, request, see_other, wants
from ..web.session import bearer, link_cookie, remember, seat_cookie, seat_json, tokens_of_browser
from ..web.visitor import visitor

NEWEST: Final = 5  # seats of a browser in which a name is looked for


async def enter_room(
    code: Code, name: str, passphrase: str = "", *, knocks: bool = True, sure: bool = True
) -> Response:
    """Take a seat under this name, or knock if the room is locked by approval. A member keeps the seat and gets the new
    name, after a question unless they are `sure`. Without `knocks` a locked room is refused like one that is not there.

    Raises NameRequired, NameInvalid, NameTaken, Banned, RoomMoved, or RoomNotFound, also for a lock that this does not
    open.
    """
    caller = await _caller(code)
    outside = not passphrase and _is_outside(caller)
    try:
        name = clean_seat_name(name)
    except NameRequired:
        if outside:
            raise RoomNotFound(code) from None
        raise
    if not outside:
        return await _sit(caller, code, name, passphrase, sure=sure)
    if not knocks or _needs_passphrase(caller):
        raise RoomNotFound(code)
    throttle.join()
    return await _knock(caller, code, name)


async def look_in(code: str) -> Caller:
    """The caller, who may read the room or may be asked for a name first.

    Raises as `access.allow`; RoomNotFound where not even the door may be seen.
    """
    caller = await find_caller(code)
    if caller.role is not Role.JOIN_LINK:
        return await allow(Act.READ, code)
    throttle.let_in()
    return caller


async def join_page(
    room: Room, name: str, error: ChatError | None = None, people: People | None = None, *, named: bool = True
) -> Response:
    """The page that asks for a name before the room, with the names of the people who are here, or with their number
    only: a link that joins a locked room does not read it. It says how the seat ended that this browser had there.
    """
    asked = request()
    if PREVIEW in asked.scope:  # others may see what it keeps
        room, people = replace(room, title=""), People([], 0)
    people = people or await node().presence.here(room)
    status, name = error.status if error else 200, name or await known_name(error)
    was = None if error else await ended(room.code)
    shown = {
        "room": room,
        "name": name,
        "people": people.shown if named else [],
        "inside": people.count,
        "host": asked.authority,
    }
    return await html("join.html", status, **shown, error=error, note=was)


async def locked_page(code: str, name: str = "", error: ChatError | None = None, *, tried: bool = False) -> Response:
    """The page of a room that is locked or does not exist, the same for both: it asks for the passphrase, or to knock.
    `tried`: a passphrase was sent, and did not open it.
    """
    throttle.count_refusal(error)
    name, tried = name or await known_name(error), tried and isinstance(error, RoomNotFound)
    error = None if isinstance(error, RoomNotFound) else error
    status = error.status if error else 404
    response = await html(
        "locked.html", status, code=code, name=name, error=error, tried=tried, host=request().authority
    )
    return mark_secret(response) if name else response  # beside the name stands what an address named


async def known_name(error: ChatError | None = None) -> str:
    """The name of the newest seat of this browser; empty if there is none, or if a name was refused."""
    tokens = {} if error and error.field == "name" else dict(list(tokens_of_browser().items())[:NEWEST])
    seats = await members.seats_of(node().db, tokens) if tokens else {}
    return next((seat[2] for code in tokens if (seat := seats.get(code))), "")


async def seat_answer(seat: Seat) -> Response:
    """The answer with a new seat: the room for a browser, the token for a program."""
    node().presence.joined(seat.room, seat.member)
    return await _answer(seat)


async def _answer(seat: Seat) -> Response:
    throttle.let_in()
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return remember(see_other(f"/{seat.room}"), seat.room, seat.token)
    url = f"{base_url()}/{seat.room}"
    response = mark_secret(json({"code": seat.room, "url": url, "cursor": seat.cursor, **seat_json(seat)}, 201))
    response.headers["Location"] = f"/{seat.room}"
    return response


async def _sit(caller: Caller | None, code: Code, name: str, passphrase: str, *, sure: bool) -> Response:
    """Take a seat, or answer with the seat that the caller has under this name."""
    old = caller.member if caller else None
    link = await _link(caller)
    appointed = link is not None and link.kind == APPOINTS
    if old and alike(old.name, name) and (old.owner or not appointed):
        throttle.let_in()
        return see_other(f"/{code}")
    if caller and not caller.may(Act.JOIN):
        raise await refused(caller, Act.JOIN)
    if caller and old and not appointed and not sure:
        throttle.let_in()
        return await _ask_to_rename(caller.room, old, name)
    throttle.join()
    if old and not appointed:
        return await _rename(code, old, name)
    opened = links.opening(link) if link and appointed else await _opened(caller, code, passphrase)
    hues, address = await free_hues(node().db, code), own_address()
    take = partial(members.take_seat, node().log, code, name, address=address, opened=opened, replaces=old, hues=hues)
    return await seat_answer(await with_name(node().log, node().db, code, name, take))


async def _ask_to_rename(room: Room, old: Member, name: str) -> Response:
    """Somebody sits here already, in this browser: perhaps it is the same person, and perhaps another."""
    says = (
        f"This browser is {old.name} in {room.code}. Everyone there sees a change of the name.",
        f"Are you not {old.name}? Use another browser or a private window, so that {old.name} keeps this place.",
    )
    fields = {"name": name}
    return await ask(
        room,
        f"Go on as {old.name}, or change the name?",
        says,
        f"Change {old.name} to {name}",
        fields,
        action=f"/{room.code}/join",
        back=f"/{room.code}",
        no=f"Go on as {old.name}",
    )


async def _rename(code: Code, member: Member, name: str) -> Response:
    take = partial(members.rename, node().log, code, member, name)
    member, cursor = await with_name(node().log, node().db, code, name, take)
    node().presence.seen(code, member)
    token = bearer() or seat_cookie(code) or ""
    return await _answer(Seat(code, member, token, cursor))


async def _caller(code: str) -> Caller | None:
    """The caller; None if there is no such room, for which a passphrase is hashed all the same."""
    try:
        return await find_caller(code)
    except RoomNotFound:
        return None


def _is_outside(caller: Caller | None) -> bool:
    """Whether there is nothing to enter, or it is locked, and the caller has no seat and no link that joins."""
    if caller is None:
        return True
    return caller.room.rules.lock is not None and caller.role in (Role.OUTSIDER, Role.READ_LINK, Role.BANNED)


def _needs_passphrase(caller: Caller | None) -> bool:
    """Whether only a passphrase opens the room, to a caller who reads it and so may know."""
    return caller is not None and caller.role is Role.READ_LINK and caller.room.rules.lock == "passphrase"


async def _link(caller: Caller | None) -> Link | None:
    """The link that the caller brings. A seat comes before a link's cookie, but not before one that makes an owner."""
    if caller is None or caller.member is None:
        return caller.link if caller else None
    cookie = link_cookie(caller.room.code)
    return await links.held(node().db, caller.room, cookie) if cookie else None


async def _opened(caller: Caller | None, code: str, passphrase: str) -> Mapping[str, int | bool]:
    if caller and caller.member:
        return {"opened": caller.room.rules.locked_at}
    if caller and caller.link and caller.role is Role.JOIN_LINK:
        return links.opening(caller.link)
    return await node().passphrases.open(caller.room if caller else None, code, passphrase, visitor())


async def _knock(caller: Caller | None, code: str, name: str) -> Response:
    """Store a knock. An outsider gets the same answer whether it was stored, refused, or there is no room."""
    try:
        knock, token = await knocks.knock(node().log, code, name, own_address())
    except (RoomNotFound, NameTaken, Banned, KnocksFull):
        if caller and caller.role is Role.READ_LINK:
            raise
        knock, token = knocks.decoy(node().addresses, code, name)
    number = knocks.number(node().addresses, members.hashed(token))
    where = f"/{code}/knocks/{number}"
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return remember(see_other(where), code, token)
    shown = {"code": code, "url": f"{base_url()}{where}", "knock": number, "token": token, **knock.public()}
    response = mark_secret(json({**shown, "id": number}, 202))
    response.headers["Location"] = where
    return response
