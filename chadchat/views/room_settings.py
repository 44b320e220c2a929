"""The room's settings, the page with everything an owner decides, and closing the room for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart import Blueprint, Response

from ..domain import knocks, links, moderation, retention, room_settings, rooms
from ..domain.members import Member
from ..domain.permissions import Act
from ..domain.retention import Keep
from ..domain.rooms import Room
from ..refusal import ChatError
from ..web.access import allow, manage
from ..web.asking import ask, counted, is_sure
from ..web.body import read_fields
from ..web.compression import mark_secret
from ..web.once import HOME, done_saying, hush, said
from ..web.respond import Wants, base_url, done, html, json, node, see_other, text, wants

blueprint = Blueprint("room_settings", __name__)


@blueprint.get("/<code:code>/settings")
async def show(code: str) -> Response:
    """The settings; in a browser, with all that belongs to them."""
    room, owner = await manage(code)
    return await settings_answer(room, owner, room_settings.shown(room))


@blueprint.get("/<code:code>/rules")
async def rules(code: str) -> Response:
    """The rules that bind the caller now. An open page fetches them when a notice says that they changed."""
    caller = await allow(Act.READ, code)
    room, muted = caller.room, caller.muted_until
    match wants():
        case Wants.FRAGMENT:
            return await html("rooms/_rules.html", room=room, me=caller.member, muted=muted, live=True, oob=True)
        case Wants.PAGE:
            return see_other(f"/{code}")
    bound = {"slow": room.rules.slow, "read_only": room.rules.read_only, "muted_until": muted}
    return json({"room": code, "title": room.title, **bound})


@blueprint.route("/<code:code>/settings", methods=["POST", "PATCH"])
async def change(code: str) -> Response:
    """Change the given settings: title, slow, read_only, lock, passphrase, keep_days, keep_events, edits."""
    room, owner = await manage(code)
    fields = await read_fields()
    try:
        goes = await _going(room, fields)
        if goes and not is_sure(fields):
            return await _ask_to_remove(room, goes, fields)
        if fields.get("passphrase"):
            node().limits.passphrase(room.id)
        stored = await room_settings.change(node().log, node().passphrases, room, owner, fields)
    except ChatError as refusal:
        if wants() is not Wants.PAGE:
            raise
        return await settings_page(room, owner, refusal, fields)
    if fields.get("back") == "room" and wants() in (Wants.PAGE, Wants.FRAGMENT):
        return Response("", 204) if wants() is Wants.FRAGMENT else see_other(f"/{code}")  # the stream shows the title
    response = done(f"/{code}/settings", room_settings.shown(await rooms.find(node().db, code)))
    removed = f" {counted(goes, 'message')} {'was' if goes == 1 else 'were'} removed." if goes else ""
    return done_saying(response, code, room_settings.in_words(stored) + removed)


@blueprint.get("/<code:code>/close")
async def ask_to_close(code: str) -> Response:
    """The page that explains closing, with the exports and the button."""
    room, _ = await manage(code)
    if wants() is Wants.PAGE:
        messages = await retention.count_messages(node().db, room)
        return await html("close.html", room=room, messages=counted(messages, "message"))
    return json({"room": code, "export": f"/{code}.jsonl", "close": f"DELETE /{code}"})


@blueprint.delete("/<code:code>")
@blueprint.post("/<code:code>/close")
async def close(code: str) -> Response:
    """Close the room: its streams end, and it answers 410 from now on."""
    _, owner = await manage(code)
    await rooms.close(node().log, code, owner)
    response = done("/", {"room": code, "closed": True})
    return done_saying(response, HOME, f"{code} is closed. Nobody reads or posts in it any more.")


async def settings_answer(room: Room, owner: Member, shown: dict[str, Any]) -> Response:
    """A part of the settings for a program, all of them on one page for a browser."""
    match wants():
        case Wants.JSON:
            return json(shown)
        case Wants.TEXT:
            return text("".join(f"{line}\n" for line in _lines(shown)))
    return await settings_page(room, owner)


async def settings_page(
    room: Room, owner: Member, error: ChatError | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    """The page, with what was `typed` into a form that was refused, and with what the act before it has to say: its
    result, or a link that it made.
    """
    facts = said(room.code)
    page = await html(
        "settings.html",
        error.status if error else 200,
        room=room,
        me=owner,
        error=error,
        values={**room_settings.shown(room), "passphrase": "", **(typed or {})},
        **{name: facts.get(name) for name in ("said", "token", "kind")},
        **await _lists(room),
    )
    return hush(mark_secret(page) if typed else page, room.code, facts)


async def _lists(room: Room) -> dict[str, Any]:
    """The values that the page shows beside the settings themselves."""
    db = node().db
    return {
        "url": f"{base_url()}/{room.code}",
        "slowest": room_settings.SLOWEST,
        "most_kept": rooms.MOST_KEPT,
        "most_hours": rooms.MOST_HOURS,
        "keep": node().settings,
        "owners": await moderation.owners(db, room),
        "muted": await moderation.muted(db, room),
        "bans": await moderation.bans(db, room),
        "links": await links.all_of(db, room),
        "messages": counted(await retention.count_messages(db, room), "message"),
        "waiting": await knocks.waiting(db, room),
    }


async def _going(room: Room, fields: Mapping[str, str]) -> int:
    """How many messages the retention that these fields give would remove now. Raises SettingInvalid."""
    if wants() is not Wants.PAGE or not fields.keys() & {"keep_days", "keep_events"}:
        return 0
    settings, kept = node().settings, room_settings.kept(room, fields)
    if kept.rules == room.rules:
        return 0
    return await retention.would_go(node().db, kept, Keep(settings.keep_days, settings.keep_events))


async def _ask_to_remove(room: Room, goes: int, fields: Mapping[str, str]) -> Response:
    says = [f"This removes {counted(goes, 'message')} for everyone, now. It cannot be undone."]
    button = f"Remove {counted(goes, 'message')}"
    back = f"/{room.code}/settings#history"
    return await ask(room, "Remove old messages?", says, button, fields, back=back, export=True)


def _lines(shown: dict[str, Any]) -> list[str]:
    """`key: value` for settings; an item a line, its parts apart by tabs, for lists."""
    items = next((value for value in shown.values() if isinstance(value, list)), None)
    if items is None:
        return [f"{key}: {_shown(value)}" for key, value in shown.items()]
    return ["\t".join(str(value) for value in item.values()) for item in items]


def _shown(value: object) -> str:
    """A setting as it is sent: `on` and `off`, and nothing for what the room leaves to the server."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else str(value)
