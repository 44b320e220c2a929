"""Questions: read one with its answer, and answer one."""

from __future__ import annotations

from dataclasses import replace

from ..errors import MessageNotFound
from ..events import Committed, Event
from ..log import Log
from ..refusal import ChatError
from ..storage.apply.questions import NoQuestion
from ..storage.db import Database
from .asking import in_words
from .members import Member
from .messages import Draft, one, post
from .rooms import Room


class NoAnswer(ChatError, status=404, code="no_answer", section="asking"):
    """404, as browsers and curl --retry repeat 408 by themselves, and proxies replace 504."""

    sentence, values = "{reason}", ("reason",)

    def __init__(self, seq: int, waited: int | None, address: str) -> None:
        since = f"in {in_words(waited)}" if waited else "yet"
        how = f"curl -sS --fail-with-body '{address}/answer?wait=10m'"
        super().__init__(f"Nobody answered {seq} {since}. Wait on: {how}")


async def question(db: Database, room: Room, seq: int) -> Event:
    """The question `seq` as it is now. Raises MessageNotFound (also if it was removed) or NoQuestion."""
    found = await one(db, room, seq)
    if found.removed_by is not None:
        raise MessageNotFound(room.code, seq)
    if not found.asks:
        raise NoQuestion(room.code, seq)
    return found


async def answer_to(db: Database, room: Room, asked: Event) -> Event | None:
    """The answer to a question; None if there is none yet. Raises MessageNotFound if the answer was removed."""
    if "answer" not in asked.changes:
        return None
    found = await one(db, room, asked.changes["answer"]["seq"])
    if found.removed_by is not None:
        raise MessageNotFound(room.code, found.seq)
    return found


async def answer(log: Log, db: Database, room: Room, member: Member, seq: int, draft: Draft) -> Committed:
    """Store a reply of a member that must be the answer to a question. Raises as `post`, and as the rule of answers
    (storage/apply/questions.py).
    """
    return await post(log, room.code, member, replace(draft, reply_to=seq, answering=True), db)


def words(answer: Event) -> str:
    """The words of an answer: its choice as the question spells it, or its text."""
    return str(answer.changes.get("choice") or answer.text or "")
