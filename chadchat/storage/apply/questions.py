"""Questions: which reply is the answer to a question. The question's row has it, and so no table is needed."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...errors import NotAllowed, OwnerRequired, SeatRequired
from ...events import Event
from ...kinds import answered, unanswered
from ...refusal import ChatError
from .place import Place
from .targets import find, rewrite


class NoQuestion(ChatError, status=404, code="no_question", section="asking"):
    sentence, values = "Message {seq} in {room} asks nothing.", ("room", "seq")


class Answered(ChatError, status=409, code="answered", section="asking"):
    """A question has one answer, which counts for good. `reason` says what was tried."""

    sentence, values = "{reason}", ("reason",)


class ChoicesInvalid(ChatError, status=422, code="choices_invalid", section="asking"):
    """The choices of a question, or who is to answer it, or an answer that is none of the choices."""

    sentence, values = "{reason}", ("field", "reason")


def answer(db: sqlite3.Connection, place: Place, event: Event, *, owner: bool) -> Mapping[str, Any]:
    """The changes of a new reply. If it answers its target, they say so, and the row of the question has the answer.
    Any other reply is just one, unless its author wants it to be the answer (`answering`).

    Raises NoQuestion, Answered, SeatRequired, NotAllowed, OwnerRequired or ChoicesInvalid, all of them only then.
    """
    question = find(db, place, event, event.changes["reply_to"])
    refusal = _refusal(event, question, owner=owner)
    if refusal:
        if "answering" in event.detail:
            raise refusal
        return {name: fact for name, fact in event.changes.items() if name != "answers"}
    choice = _choice(question, event.text or "")
    changes = {**event.changes, "answers": True, **({"choice": choice} if choice else {})}
    given = replace(event, seq=place.seq, changes=changes)
    rewrite(db, place, answered(given, question))
    return changes


def forget_answer(db: sqlite3.Connection, place: Place, event: Event, message: Event) -> Mapping[str, Any]:
    """The changes of a removal. If the message was an answer, its words leave the question, which stays answered."""
    seq = message.changes["reply_to"] if "answers" in message.changes else 0
    if not seq or seq < place.tail:
        return event.changes
    question = find(db, place, event, seq)
    if "answer" not in question.changes:  # removed
        return event.changes
    rewrite(db, place, unanswered(event, question))
    return {**event.changes, "question": seq}


def check_edit(message: Event) -> None:
    """Raises Answered for a question that was answered, and for an answer: both count as they were."""
    if "answers" in message.changes:
        raise Answered("This is the answer to a question, which counts as it is, so it cannot be edited.")
    if "answer" in message.changes:
        raise Answered("This question was answered, so it cannot be edited.")


def counted_as(choice: str) -> str:
    """A choice, or an answer, without regard to case, and to spaces around it."""
    return unicodedata.normalize("NFC", choice.strip()).casefold()


def _refusal(event: Event, question: Event, *, owner: bool) -> ChatError | None:
    """Why an event is not the answer to a message; None if it is."""
    asked = question.changes
    if not question.asks:
        return NoQuestion(event.room, question.seq)
    if "answer" in asked:
        return Answered(f"{asked['answer']['name']} was faster: {question.seq} is answered.")
    if "imported" in event.detail:  # the file says which reply it was
        return None if "answers" in event.changes else SeatRequired(event.room)
    if event.member is None:
        return SeatRequired(event.room)
    if event.member == question.member:
        return NotAllowed("You asked this, so somebody else answers it.")
    if "from" in asked and not owner:
        return OwnerRequired(event.room)
    if "choices" in asked and _choice(question, event.text or "") is None:
        return ChoicesInvalid("text", f"Answer with one of these: {', '.join(asked['choices'])}.")
    return None


def _choice(question: Event, text: str) -> str | None:
    """The choice that a text names, as the question spells it."""
    wanted = counted_as(text)
    return next((one for one in question.changes.get("choices", ()) if counted_as(one) == wanted), None)
