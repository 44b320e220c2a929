"""Mentions: finds the members whose names follow an `@` in a text, and marks the places in its HTML.

Names are compared as people see them (lookalikes.py), the longest first, so that `@Ada Lovelace` is not Ada. Nobody is
mentioned inside code, links and e-mail addresses, nor at the start of a longer word (`@Ada` in `@Adalbert`).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

from ..storage.db import Database
from . import markdown
from .lookalikes import folded, skeleton

MOST: Final = 20  # places of a text that are looked at
WORDS: Final = 4  # of a name
LONGEST: Final = 40  # characters of a name in a text: some more than a name has, as there it may be decomposed
HERE: Final = "here"  # after an owner's `@`: every member who is here. No member's id is like this

# The characters of words. Kana and emoji are words of their own, as they follow a name without a space; a hyphen, a dot
# or a low line inside a word belongs to it.
_LETTER: Final = (
    r"[^\s\x00-/:-@\[-^`{-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\u2000-\u206f\u2600-\u27bf\u3000-\u30ff\uff00-\uff0f"
    r"\uff1a-\uff20\U0001f000-\U0001faff]"
)
_WORD: Final = re.compile(
    rf"[\u3041-\u309f]+|[\u30a1-\u30ff]+|[\u2600-\u27bf\U0001f000-\U0001faff]+|{_LETTER}+(?:[-.]{_LETTER}+)*"
)
_BETWEEN: Final = re.compile(r"[^\w@,;:!?\n]{0,3}")  # what may stand between the words of a name
# Not after a letter of an alphabet that writes spaces, nor in the middle of an address.
_AT: Final = re.compile(r"(?<![a-zA-Z0-9_\xc0-\u0dff@/+=&%~.-])@(?=\S)")

_SEATS: Final = """
    WITH given AS (SELECT value FROM json_each(:looks)), here AS (SELECT id FROM rooms WHERE code = :code)
    SELECT id, name, skeleton, folded FROM members INDEXED BY members_by_name
    WHERE room = (SELECT id FROM here) AND skeleton IN given AND token IS NOT NULL
    UNION SELECT id, name, skeleton, folded FROM members INDEXED BY members_by_folded
    WHERE room = (SELECT id FROM here) AND folded IN given AND folded IS NOT NULL AND token IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Place:
    """An `@` in a piece of text, and the names that may follow it, the longest first."""

    piece: Token
    at: int
    names: tuple[str, ...]


async def written(db: Database | None, code: str, text: str, *, owner: bool) -> tuple[str, dict[str, list[str]]]:
    """The HTML of a message, and its `changes`: `mentions`, the ids of the members it mentions, in the order of the
    text. Without an `@` nothing is read from the database.
    """
    if db is None or "@" not in text:
        return markdown.render(text), {}
    parsed = markdown.parse(text)
    await asyncio.sleep(0)  # parsing and comparing names may take some 7 ms each
    places = list(_places(parsed))
    seats = await _seats(db, code, {name for place in places for name in place.names})
    found = [(place, *seat) for place in places if (seat := _whom(place, seats, owner=owner))]
    _mark(parsed, found)
    ids = list(dict.fromkeys(id for _, id, _ in found))
    return markdown.to_html(text, parsed), {"mentions": ids} if ids else {}


def _places(parsed: list[Token]) -> Iterator[Place]:
    left = MOST
    for piece in markdown.words(parsed):
        for sign in _AT.finditer(piece.content):
            if left and (names := tuple(_names(piece.content, sign.end()))):
                left -= 1
                yield Place(piece, sign.start(), names[::-1])


def _names(text: str, start: int) -> Iterator[str]:
    """The candidates for a name at `start`: the first word, the first two words, and so on."""
    end = start
    for _ in range(WORDS):
        between = _BETWEEN.match(text, end)
        word = _WORD.match(text, between.end() if between else end)
        if word is None or word.end() - start > LONGEST:
            return
        end = word.end()
        yield text[start:end]


async def _seats(db: Database, code: str, names: set[str]) -> dict[str, tuple[str, str]]:
    """The id and the name of each seat that looks like one of the names, by its looks."""
    given = sorted({look for name in names for look in _looks(name)})
    rows = await db.all(_SEATS, {"code": code, "looks": json.dumps(given)}) if given else []
    return {look: (id, name) for id, name, *both in rows for look in both if look is not None}


def _looks(name: str) -> tuple[str, str]:
    """The skeletons of a name, without the one of chadchat 0.0, which nearly always is one of these."""
    return skeleton(name), folded(name)


def _whom(place: Place, seats: dict[str, tuple[str, str]], *, owner: bool) -> tuple[str, int] | None:
    """The id of the member mentioned at a place, and the length of the name there."""
    for name in place.names:
        if owner and name.casefold() == HERE:
            return HERE, len(name)
        for look in _looks(name):
            if look in seats:
                id, whole = seats[look]
                rest = place.piece.content[place.at + 1 :]
                return id, len(whole) if rest.casefold().startswith(whole.casefold()) else len(name)
    return None


def _mark(parsed: list[Token], found: list[tuple[Place, str, int]]) -> None:
    """Put each mention into a `<span>` of its own."""
    for block in parsed:
        if block.children and found:
            block.children = [part for piece in block.children for part in _parts(piece, found)]


def _parts(piece: Token, found: list[tuple[Place, str, int]]) -> Iterator[Token]:
    end = 0
    for place, member, length in found:
        if place.piece is not piece or place.at < end:  # elsewhere, or inside the name before it
            continue
        yield _text(piece.content[end : place.at])
        yield Token("mention_open", "span", 1, attrs={"class": "mention", "data-to": member})
        end = place.at + 1 + length
        yield _text(piece.content[place.at : end])
        yield Token("mention_close", "span", -1)
    yield _text(piece.content[end:]) if end else piece


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
