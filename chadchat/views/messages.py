"""Posting to a room."""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import partial

from quart import Blueprint, Response
from werkzeug.exceptions import MethodNotAllowed

from ..domain import edits, messages, rooms
from ..domain.codes import Code
from ..domain.members import Member
from ..domain.messages import Draft, Stranger
from ..domain.permissions import Act
from ..domain.rooms import Room
from ..errors import SeatRequired
from ..events import Committed, Event
from ..refusal import ChatError
from ..web import throttle, upload
from ..web.access import allow, author_by_link, author_of, find_caller
from ..web.body import OF_AN_ACT, asked_method, read_draft, read_wait
from ..web.respond import Wants, done, html, json, node, request, see_other, wants
from ..web.waiting import ask
from .room import room_page

blueprint = Blueprint("messages", __name__)


@blueprint.route("/<code:code>", methods=["POST", "PUT"])
async def post(code: Code) -> Response:
    """Store a message: 201 and the message, 204 for htmx, 303 for a plain form."""
    return await _post(code)


@blueprint.put("/<code:code>/<file:name>")
async def put_file(code: Code, name: str) -> Response:
    """Store a message with a file, which has the name in the address: 201 and the message."""
    return await _post(code, file=name)


@blueprint.route("/<code:code>/links/<token>", methods=["POST", "PUT"])
async def post_by_link(code: Code, token: str) -> Response:
    """Store a message, with the link of this address, for programs that know an address only: 201 and the message."""
    author = await author_by_link(code, token)
    throttle.post(code, author)
    upload.expect(code, token=token)
    draft = await read_draft()

    async def store() -> Committed:
        return await upload.stored(messages.post(node().log, code, author, draft, node().db))

    async def look() -> Room:
        await author_by_link(code, token)
        return await rooms.find(node().db, code)

    if (waits := read_wait()) is not None:
        return await ask(code, author, waits, store, look)
    committed = await store()
    return _at(json(committed.event.public(), 201), code, committed)


@blueprint.route("/<code:code>/<int:seq>", methods=["DELETE", "PATCH", "POST", "PUT"])
async def change(code: Code, seq: int) -> Response:
    """Reply to a message (POST or PUT), edit one's own (PATCH), or remove it or any as an owner (DELETE). A form says
    which in `_method`.
    """
    if request().method != "PATCH":
        upload.expect(code)
    way = await asked_method()
    if way in ("POST", "PUT"):
        return await _post(code, seq)
    if way not in ("PATCH", "DELETE"):
        raise MethodNotAllowed(["PATCH", "DELETE", "POST", "PUT"])
    caller = await allow(Act.SIT, code, known=True)
    if caller.member is None:
        raise SeatRequired(code)
    if way == "PATCH":
        throttle.post(code, caller.member)
        return await _edit(caller.room, caller.member, seq)
    removed = await messages.remove(node().log, node().db, caller.room, caller.member, seq)
    return done(f"/{code}", removed.event.public())


@blueprint.get("/<code:code>/<int:seq>/edit")
async def ask_for_words(code: str, seq: int) -> Response:
    """The form that edits one's own message: a page, or the form alone."""
    caller = await allow(Act.SIT, code)
    if caller.member is None:
        raise SeatRequired(code)
    message = await edits.editable(node().db, caller.room, caller.member, seq, node().settings.edit_hours)
    return await _edit_page(caller.room, message, message.text or "")


async def _edit_page(room: Room, message: Event, draft: str, error: ChatError | None = None) -> Response:
    template = "messages/_edit.html" if wants() is Wants.FRAGMENT else "edit.html"
    shown = {"room": room, "seq": message.seq, "draft": draft, "key": secrets.token_urlsafe(16)}
    return await html(template, error.status if error else 200, **shown, error=error)


async def _edit(room: Room, member: Member, seq: int) -> Response:
    """The message as it is after the edit; a page goes back to its line, and htmx gets it by the stream."""
    draft, is_page = await read_draft(OF_AN_ACT), wants() is Wants.PAGE
    upload.refuse()
    if is_page:
        draft = replace(draft, text=draft.text.replace("\r\n", "\n"))
    try:
        edit = await edits.edit(node().log, node().db, room, member, seq, draft, node().settings.edit_hours)
    except ChatError as refusal:
        if not is_page or refusal.status in (403, 404):
            raise
        return await _edit_page(room, await messages.one(node().db, room, seq), draft.text, refusal)
    if is_page:
        return see_other(f"/{room.code}#m-{seq}")
    if wants() is Wants.FRAGMENT:
        return Response(b"", 204)
    return json((await edits.result(node().db, room, seq, edit)).public())


async def _post(code: Code, target: int | None = None, file: str | None = None) -> Response:
    """Store a message, as a reply if it has a target, and with a file. A program may wait for the answer."""
    upload.expect(code, file)
    author = await author_of(code)
    if wants() is Wants.PAGE:
        return await _post_form(code, author, target)
    throttle.post(code, author)
    draft = await _read_draft(target)
    if draft.asking and (waits := read_wait()) is not None and wants() is not Wants.FRAGMENT:
        return await ask(code, author, waits, partial(_store, code, author, draft), partial(_look, code))
    committed = await _store(code, author, draft)
    response = Response(b"", 204) if wants() is Wants.FRAGMENT else json(committed.event.public(), 201)
    return _at(response, code, committed)


async def _look(code: Code) -> Room:
    """The room, if the caller may still wait in it for an answer, muted or not. Raises as `allow`."""
    caller = await find_caller(code)
    return caller.room if caller.member else (await allow(Act.POST, code)).room


async def _read_draft(target: int | None) -> Draft:
    """The message to post. The target in the address wins over that in a field or a header."""
    if target is None:
        return await read_draft()
    return replace(await read_draft(OF_AN_ACT), reply_to=target)


def _at(response: Response, code: Code, committed: Committed) -> Response:
    response.headers["Location"] = f"/{code}/{committed.event.seq}"
    return response


async def _post_form(code: Code, author: Member | Stranger, target: int | None) -> Response:
    """A page that works without scripts: what it shows next is the room, with the refused text in it."""
    draft = await _read_draft(target)
    draft = replace(draft, text=draft.text.replace("\r\n", "\n"))  # forms send CRLF where the person typed LF
    try:
        throttle.post(code, author)  # after the body: the page that refuses it has the text in it
        committed = await _store(code, author, draft)
    except ChatError as refusal:
        caller = await allow(Act.READ, code)
        history = await messages.before(node().db, caller.room)
        return await room_page(caller, history, draft=draft.text, error=refusal, replying=draft.reply_to)
    return see_other(f"/{code}#m-{committed.event.seq}")


async def _store(code: Code, author: Member | Stranger, draft: Draft) -> Committed:
    """The stored message. Raises SeatRequired for a page whose seat is gone, and as `messages.post`: only what says its
    own name may do without a seat.
    """
    if isinstance(author, Stranger) and wants() in (Wants.PAGE, Wants.FRAGMENT):
        await allow(Act.READ, code)
        raise SeatRequired(code)
    committed = await upload.stored(messages.post(node().log, code, author, draft, node().db))
    throttle.let_in()
    if isinstance(author, Member):
        node().presence.seen(code, author)
    return committed
