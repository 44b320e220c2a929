"""Moderation: the bans, the mutes and the owners of a room, and the acts of owners that change them."""

from __future__ import annotations

from collections.abc import Mapping

from quart import Blueprint, Response

from ..domain import moderation
from ..domain.messages import one
from ..domain.rooms import Room
from ..events import ANONYMOUS
from ..web.access import manage, own_address
from ..web.asking import Choices, ask, is_sure
from ..web.body import check_delete, read_fields
from ..web.filters import minute
from ..web.once import done_saying
from ..web.respond import Wants, done, node, see_other, wants
from .room_settings import settings_answer

blueprint = Blueprint("moderation", __name__)


@blueprint.get("/<code:code>/bans")
async def show_bans(code: str) -> Response:
    """The bans in force."""
    room, owner = await manage(code)
    bans = await moderation.bans(node().db, room)
    return await settings_answer(room, owner, {"bans": [ban.public() for ban in bans]})


@blueprint.post("/<code:code>/bans")
async def ban(code: str) -> Response:
    """Ban a `member`, or whoever posted a `message`, `for` a time (1d)."""
    room, owner = await manage(code)
    fields = await read_fields()
    if not is_sure(fields):
        return await _ask_to_ban(room, fields)
    length, network = moderation.length(fields.get("for") or "1d"), fields.get("network", "1") != "0"
    log, db, message = node().log, node().db, fields.get("message")
    if message is not None:
        seq = moderation.number(message)
        banned = await moderation.ban_author(log, db, room, owner, seq, length, network=network)
    else:
        person = await moderation.find_person(db, room, fields.get("member", ""))
        banned = await moderation.ban(log, code, owner, person, length, network=network)
    event = banned.event
    if wants() is Wants.FRAGMENT and event.changes["target"]:  # the card of the member
        return see_other(f"/{code}/people/{event.changes['target']}")
    response = done(f"/{code}/settings#bans", {"id": event.seq, **event.public()}, 201)
    return done_saying(response, code, f"{event.changes['whom']} is banned until {minute(event.changes['until'])}.")


async def _ask_to_ban(room: Room, fields: Mapping[str, str]) -> Response:
    """The page that asks before a ban: it names the person, the end and the network."""
    until = moderation.until(moderation.length(fields.get("for") or "1d"))
    if "message" in fields:
        name = (await one(node().db, room, moderation.number(fields["message"]))).name or ANONYMOUS
        address = None
    else:
        person = await moderation.find_person(node().db, room, fields.get("member", ""))
        name, address = person.member.name, person.address
    says = [f"{name} is out at once, on every device, and the name is kept out until {minute(until)}."]
    if address == own_address():
        says.append(f"{name} came from the same network as you.")
    network = "The name and the network. This may keep out others on the same network: a home, a school, a company"
    choices = Choices("network", "What is kept out", [("1", network), ("0", "The name only")])
    back = f"/{room.code}"
    return await ask(room, f"Ban {name}?", says, f"Ban {name}", fields, back=back, choices=choices)


@blueprint.route("/<code:code>/bans/<int:id>", methods=["DELETE", "POST"])
async def unban(code: str, id: int) -> Response:
    """Lift a ban."""
    room, owner = await manage(code)
    await check_delete()
    lifted = await moderation.unban(node().log, node().db, room, owner, id)
    return done(f"/{code}/settings#bans", lifted.event.public())


@blueprint.get("/<code:code>/mutes")
async def show_mutes(code: str) -> Response:
    """The muted members."""
    room, owner = await manage(code)
    muted = await moderation.muted(node().db, room)
    return await settings_answer(
        room, owner, {"mutes": [{**member.public(), "until": member.muted_until} for member in muted]}
    )


@blueprint.post("/<code:code>/mutes")
async def mute(code: str) -> Response:
    """Mute a `member` `for` a time (1h)."""
    room, owner = await manage(code)
    fields = await read_fields()
    person = await moderation.find_person(node().db, room, fields.get("member", ""))
    muted = await moderation.mute(node().log, code, owner, person, moderation.length(fields.get("for") or "1h"))
    return done(f"/{code}/people/{person.member.id}", muted.event.public(), 201)


@blueprint.route("/<code:code>/mutes/<member>", methods=["DELETE", "POST"])
async def unmute(code: str, member: str) -> Response:
    """Let a member speak again."""
    room, owner = await manage(code)
    await check_delete()
    person = await moderation.find_person(node().db, room, member)
    return done(f"/{code}/people/{member}", (await moderation.unmute(node().log, code, owner, person)).event.public())


@blueprint.get("/<code:code>/owners")
async def show_owners(code: str) -> Response:
    """The owners of the room."""
    room, owner = await manage(code)
    owners = await moderation.owners(node().db, room)
    return await settings_answer(room, owner, {"owners": [member.public() for member in owners]})


@blueprint.post("/<code:code>/owners")
async def add_owner(code: str) -> Response:
    """Make a `member` an owner."""
    room, owner = await manage(code)
    person = await moderation.find_person(node().db, room, (await read_fields()).get("member", ""))
    made = await moderation.make_owner(node().log, code, owner, person)
    return done(f"/{code}/people/{person.member.id}", made.event.public(), 201)


@blueprint.route("/<code:code>/owners/<member>", methods=["DELETE", "POST"])
async def remove_owner(code: str, member: str) -> Response:
    """Make an owner an ordinary member again."""
    room, owner = await manage(code)
    await check_delete()
    person = await moderation.find_person(node().db, room, member)
    unmade = await moderation.make_owner(node().log, code, owner, person, owns=False)
    return done(f"/{code}/people/{member}", unmade.event.public())
