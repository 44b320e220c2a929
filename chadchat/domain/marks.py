"""Marks: the part of a message's text that a search is about, with the words that were found in it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import unescape
from itertools import islice, takewhile
from typing import Final, NamedTuple

from ..events import Event
from ..storage.folding import fold, words_of
from ..storage.searched import said
from .queries import Query, Term
from .terminal import uncoloured

BEFORE: Final = 60  # characters shown before the first word that was found
SHOWN: Final = 240  # characters shown in all
REACH: Final = 4 * SHOWN  # characters of the folded text that these may come from: one can become several
BETWEEN: Final = 12  # characters of a word and of what follows it that are looked at, besides those of the term
TRIES: Final = 50  # places where a phrase may begin that are looked at

_TAG: Final = re.compile(r"<[^>]*(?:>|$)")
_CUT: Final = "\u2026"


class Part(NamedTuple):
    """A piece of a text, and whether it was looked for."""

    text: str
    found: bool = False


async def all_marked(messages: Iterable[Event], query: Query) -> list[tuple[Event, list[Part]]]:
    """Each message with its marks. Other requests take their turns in between."""
    done = []
    for message in messages:
        done.append((message, marked(message, query)))
        await asyncio.sleep(0)
    return done


def marked(message: Event, query: Query) -> list[Part]:
    """The text of a message around the first word that was found, in pieces. Takes some milliseconds at most.

    It is read as the page shows it, but as it was written where only that has what was looked for: an address, say.
    """
    text, spans = "", list[tuple[int, int]]()
    for read in (_shown(message), uncoloured(said(message))):
        text = " ".join(read.split())
        if spans := _spans(text, query.shown):
            break
    start = _start(text, spans[0][0] if spans else 0)
    end = min(len(text), start + SHOWN)
    parts, at = [Part(_CUT)] if start else [], start
    for first, last in spans:
        if first >= end:
            break
        if last > at:
            parts += [Part(text[at:first]), Part(text[max(first, at) : min(last, end)], found=True)]
            at = min(last, end)
    parts += [Part(text[at:end]), Part(_CUT if end < len(text) else "")]
    return [part for part in parts if part.text]


def _shown(message: Event) -> str:
    """The text of a message as the page shows it, with the name, description and first lines of its file."""
    if message.html is None:
        return uncoloured(said(message))
    return uncoloured(said(replace(message, text=unescape(_TAG.sub("", message.html)))))


def _start(text: str, first: int) -> int:
    """Where the shown part begins: at a word, not too far before the first one that was found."""
    if first <= BEFORE:
        return 0
    space = text.find(" ", first - BEFORE, first)
    return first - BEFORE if space < 0 else space + 1


def _spans(text: str, terms: list[Term]) -> list[tuple[int, int]]:
    """Where the terms stand in the text, in order, as far as it can be shown; two may overlap."""
    if not terms:
        return []
    folded, places = _placed(text)
    firsts = [found[0] for term in terms for found in islice(_places_of(term, folded), 1)]
    end = min(firsts, default=0) + REACH
    spans = [span for term in terms for span in takewhile(lambda span: span[0] < end, _places_of(term, folded))]
    return sorted((places[first], places[last - 1] + 1) for first, last in spans)


def _places_of(term: Term, folded: str) -> Iterator[tuple[int, int]]:
    """Yield where a term begins and ends in a folded text."""
    first, at, left = term.words[0], -1, TRIES
    while left and (at := folded.find(first, at + 1)) >= 0:
        if at and folded[at - 1].isalnum() and folded[at].isalnum():
            continue  # in the middle of a word
        end = _end(term, folded, at)
        left -= len(term.words) > 1
        if end:
            yield at, end


def _end(term: Term, folded: str, at: int) -> int | None:
    """The end of a term that begins at a word of the text, if all of it stands there."""
    end = at + len(term.words[0])
    if len(term.words) == 1 and (not folded[end : end + 1].isalnum() or not folded[at].isalnum()):
        return end
    if len(term.words) == 1 and not term.begins:
        return None
    reach = sum(map(len, term.words)) + BETWEEN * len(term.words)
    *others, last = words_of(folded[at : at + reach])[: len(term.words)]
    if len(others) + 1 != len(term.words) or [word.text for word in others] != list(term.words[:-1]):
        return None
    if not term.begins:
        return at + last.end if last.text == term.words[-1] else None
    return at + last.end if last.text.startswith(term.words[-1]) else None


def _placed(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place of the one that it came from.

    Each character is folded by itself, which differs from the text folded as a whole in accents only.
    """
    if text.isascii():
        return fold(text), list(range(len(text)))
    folds = {char: fold(char) for char in set(text)}
    pieces = [folds[char] for char in text]
    places = [place for place, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), places
