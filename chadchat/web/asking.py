"""Asks before an act that cannot be undone: the page with the question repeats the form, with the field `sure`.

Programs are not asked, and the page is a plain form, which works without scripts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quart import Response

from ..domain.rooms import Room
from .respond import Wants, html, request, wants


@dataclass(frozen=True, slots=True)
class Choices:
    """A field of the question with its values and their words; the first is chosen."""

    field: str
    legend: str
    of: Sequence[tuple[str, str]]


def is_sure(fields: Mapping[str, str]) -> bool:
    """Whether this request may be carried out: a program's, or one of a page that has asked."""
    return wants() is not Wants.PAGE or "sure" in fields


async def ask(
    room: Room,
    claim: str,
    says: Sequence[str],
    button: str,
    fields: Mapping[str, str],
    *,
    back: str,
    no: str = "Change nothing",
    action: str = "",
    choices: Choices | None = None,
    export: bool = False,
) -> Response:
    """The page that asks whether to carry this request out. `back` is where the answer "no" leads."""
    asked = {name: value for name, value in fields.items() if choices is None or name != choices.field}
    return await html(
        "sure.html",
        room=room,
        claim=claim,
        says=says,
        button=button,
        fields={**asked, "sure": "1"},
        action=action or request().path,
        back=back,
        no=no,
        choices=choices,
        export=export,
    )


def counted(number: int, word: str) -> str:
    """A number and its word: `1 message`, `1,204 messages`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
