"""Waiting: answers a request when a question is answered, when the time is over, or when the wait has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from quart import Response

from ..domain import questions
from ..domain.members import Member
from ..domain.messages import Stranger
from ..domain.questions import NoAnswer
from ..domain.rooms import Room
from ..domain.transcript import harmless
from ..errors import RoomMoved
from ..events import Committed, Event
from ..live.eviction import Holder
from ..live.waits import Wait
from ..live.writers import gone
from ..refusal import ChatError
from . import throttle
from .access import author_of
from .body import is_json
from .errors import refuse
from .respond import Wants, base_url, json, node, request, text, wants
from .visitor import visitor

Look = Callable[[], Awaitable[Room]]

# In a header a name is ASCII: other characters, and the percent sign, are percent-encoded as UTF-8.
_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if code != ord("%"))


async def ask(
    code: str, author: Member | Stranger, waits: int, store: Callable[[], Awaitable[Committed]], look: Look
) -> Response:
    """Store a question and wait for its answer. The place is taken before anything is stored.

    Raises TooManyWaits, or as `store`.
    """
    address = author.address if isinstance(author, Stranger) else None
    member = author.id if isinstance(author, Member) else None
    holder = Holder(member, author.link if isinstance(author, Stranger) else None, address or "")
    with node().waits.hold(holder, visitor(), (code, member) if member else None) as wait:
        seq = (await store()).event.seq
        throttle.let_in()
        return await answer_when_answered(wait, code, seq, waits, look)


async def answer_when_answered(wait: Wait, code: str, seq: int, waits: int | None, look: Look) -> Response:
    """The response with the answer to a question, or with the refusal that ended the wait; it says which question."""
    throttle.decide(request(), right=True)  # the guess of the code: else it stays undecided as long as the wait
    try:
        answered = await _answer(wait, code, seq, waits, look)
        if answered is None:
            return Response(b"", 204)  # nobody reads it
        response = await _response(answered, seq, look)
    except RoomMoved:
        await author_of(code)  # who has a seat is told the new code
        raise
    except ChatError as refusal:
        response = await refuse(refusal)
    response.headers["Location"] = f"/{code}/{seq}"
    return response


async def _answer(wait: Wait, code: str, seq: int, waits: int | None, look: Look) -> Event | None:
    """The answer; None if the caller has hung up. Raises NoAnswer, or the refusal that ended the wait."""
    node().waits.begin(wait, code, seq)
    room = await look()  # what was decided before the wait began
    found = await questions.answer_to(node().db, room, await questions.question(node().db, room, seq))
    if found:
        return found
    if waits:
        leaving = asyncio.create_task(gone(request().receive))
        either: tuple[asyncio.Future[Any], ...] = (wait.ended, leaving)
        try:
            await asyncio.wait(either, timeout=waits, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done() and not wait.ended.done():
                return None
        finally:
            leaving.cancel()
    if not wait.ended.done():
        raise NoAnswer(seq, waits, f"{base_url()}/{code}/{seq}")
    outcome = wait.ended.result()
    if isinstance(outcome, ChatError):
        raise outcome
    return outcome


async def _response(answered: Event, seq: int, look: Look) -> Response:
    if wants() is Wants.JSON or is_json(request().mimetype):
        asked = await questions.question(node().db, await look(), seq)
        response = json({"question": asked.public(), "answer": answered.public()})
    else:
        response = text(f"{harmless(questions.words(answered))}\n")
    response.headers["Content-Location"] = f"/{answered.room}/{answered.seq}"
    response.headers["Answered-By"] = quote(answered.name or "", safe=_PLAIN)
    return response
