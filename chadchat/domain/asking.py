"""Asking: a message that asks, how long its author waits for the answer, and which answers there are to choose from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from ..errors import TextInvalid, TextRequired
from ..events import Event
from ..refusal import ChatError
from ..storage.apply.questions import ChoicesInvalid, counted_as
from .texts import check_text

DEFAULT: Final = 600  # seconds
LONGEST: Final = 3600
FEWEST: Final = 2
MOST: Final = 5  # choices
LONGEST_CHOICE: Final = 40  # characters
BUTTON: Final = 200  # bytes of HTML around a choice
_DURATION: Final = re.compile("([0-9]{1,6})([smh])", re.ASCII)
_UNITS: Final = {"s": 1, "m": 60, "h": 3600}
# Characters that are invisible in a button, or reorder its neighbours: controls, bidi marks, zero-width characters.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff"
    "\U000e0000-\U000e0fff]"
)


class WaitInvalid(ChatError, status=422, code="wait_invalid", section="asking", field="wait"):
    sentence = "A wait is from 1s to 1h, such as 50s or 10m; an empty one is 10m."


@dataclass(frozen=True, slots=True)
class Asking:
    """The facts of a question: the choices of its answer (none: any words), and whether only owners answer."""

    choices: tuple[str, ...] = ()
    owners: bool = False

    def changes(self) -> dict[str, Any]:
        """The public fields of the question."""
        asked: dict[str, Any] = {"choices": list(self.choices)} if self.choices else {"asks": True}
        return {**asked, "from": "owners"} if self.owners else asked


def asking_of(query: Mapping[str, str]) -> Asking | None:
    """The question that the fields of an address make of a post; None if it has neither `wait` nor `choices`.

    Raises WaitInvalid or ChoicesInvalid.
    """
    if "wait" not in query and "choices" not in query:
        return None
    if "wait" in query:
        seconds(query["wait"])
    if (who := query.get("from", "")) not in ("", "owners"):
        raise ChoicesInvalid("from", "The answer comes from=owners, or from any member where that is left out.")
    return Asking(choices_of(query["choices"]) if "choices" in query else (), who == "owners")


def seconds(given: str) -> int:
    """The seconds of a wait. Raises WaitInvalid."""
    if not given:
        return DEFAULT
    match = _DURATION.fullmatch(given)
    found = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 1 <= found <= LONGEST:
        raise WaitInvalid
    return found


def choices_of(given: str) -> tuple[str, ...]:
    """The choices between commas, without the spaces around them. Raises ChoicesInvalid."""
    found = tuple(map(str.strip, given.split(",")))
    if not FEWEST <= len(found) <= MOST:
        raise ChoicesInvalid(
            "choices", f"A question has {FEWEST} to {MOST} choices, with commas between them: choices=yes,no"
        )
    for one in found:
        _check(one)
    if len(set(map(counted_as, found))) < len(found):
        raise ChoicesInvalid("choices", "Two of these choices are the same, as an answer in capitals counts, too.")
    return found


def asked_size(message: Event) -> int:
    """The bytes of HTML of a question's choices, or of its answer."""
    asked = message.changes
    if not message.asks:
        return 0
    if "answer" in asked:
        return BUTTON + 2 * len(escape(str(asked["answer"])).encode())
    return BUTTON + sum(BUTTON + len(escape(choice).encode()) for choice in asked.get("choices", ()))


def in_words(seconds: int) -> str:
    """`10 minutes`, `50 seconds` or `one hour`."""
    for size, unit in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}s" if count > 1 else f"one {unit}"
    return f"{seconds} seconds"


def _check(choice: str) -> None:
    """Raises ChoicesInvalid for a choice that no message could be, or that does not fit on a button."""
    if len(choice) > LONGEST_CHOICE:
        raise ChoicesInvalid("choices", f"A choice has at most {LONGEST_CHOICE} characters.")
    try:
        check_text(choice)
    except TextRequired as error:
        raise ChoicesInvalid(
            "choices", "Each choice is a word or a few, with commas between them: choices=yes,no"
        ) from error
    except TextInvalid as error:
        raise ChoicesInvalid("choices", error.sentence) from error
    if _UNSEEN.search(choice):
        raise ChoicesInvalid("choices", "A choice has no line ends, control characters or marks that turn the text.")
