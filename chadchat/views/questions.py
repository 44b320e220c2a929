"""The answer to a question: wait for it, and give it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from quart import Blueprint, Response

from ..domain import questions
from ..domain.codes import Code
from ..domain.permissions import Act, Role
from ..domain.rooms import Room
from ..errors import MessageNotFound, SeatRequired
from ..storage.apply.questions import NoQuestion
from ..web import throttle
from ..web.access import Caller, allow, find_caller, refused
from ..web.body import LARGEST_SEQ, OF_AN_ACT, read_draft, read_wait
from ..web.errors import NumberInvalid
from ..web.respond import Wants, json, node, see_other, wants
from ..web.visitor import visitor
from ..web.waiting import answer_when_answered

blueprint = Blueprint("questions", __name__)


@blueprint.get("/<code:code>/<int:seq>/answer")
async def show(code: str, seq: int) -> Response:
    """The answer: with `wait` as soon as there is one, else at once. A browser goes to the question's own page.

    Raises MessageNotFound, NoQuestion, NoAnswer, TooManyWaits, or the refusal that ended the wait.
    """
    if seq > LARGEST_SEQ:
        raise NumberInvalid("A message's number", 1, LARGEST_SEQ)
    caller, waits = await _reader(code, seq), read_wait()
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return see_other(f"/{code}/{seq}")
    await questions.question(node().db, caller.room, seq)
    seat = (code, caller.member.id) if caller.member else None
    with node().waits.hold(caller.holder, visitor(), seat) as wait:
        return await answer_when_answered(wait, code, seq, waits, partial(_look, code, seq))


@blueprint.post("/<code:code>/<int:seq>/answer")
async def give(code: Code, seq: int) -> Response:
    """Answer a question: 201 and the answer. Unlike a reply it is refused where it is not the answer.

    Raises SeatRequired, Answered, NotAllowed, ChoicesInvalid, OwnerRequired, NoQuestion, or as a post.
    """
    caller = await allow(Act.SIT, code)
    if caller.member is None:
        raise SeatRequired(code)
    throttle.post(code, caller.member)
    draft, is_page = await read_draft(OF_AN_ACT), wants() is Wants.PAGE
    if is_page:
        draft = replace(draft, text=draft.text.replace("\r\n", "\n"))
    committed = await questions.answer(node().log, node().db, caller.room, caller.member, seq, draft)
    if is_page:
        return see_other(f"/{code}#m-{seq}")
    response = Response(b"", 204) if wants() is Wants.FRAGMENT else json(committed.event.public(), 201)
    response.headers["Location"] = f"/{code}/{committed.event.seq}"
    return response


async def _look(code: str, seq: int) -> Room:
    return (await _reader(code, seq)).room


async def _reader(code: str, seq: int) -> Caller:
    """The caller, if it may read the answer: as any message, or with the link that posted the question."""
    caller = await find_caller(code)
    own = caller.role is Role.POST_LINK and await _posted_by(caller, seq)
    if not own and not caller.may(Act.READ):
        raise await refused(caller, Act.READ)
    throttle.let_in()
    return caller


async def _posted_by(caller: Caller, seq: int) -> bool:
    try:
        asked = await questions.question(node().db, caller.room, seq)
    except (MessageNotFound, NoQuestion):
        return False
    return caller.link is not None and asked.detail.get("link") == caller.link.id
