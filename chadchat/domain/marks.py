"""Marks: the part of a message's text that a search is about, with the words that were found in it."""

from __future__ import annotations

from typing import Final, NamedTuple

from ..events import Event
from ..storage.folding import Word, fold, words_of
from ..storage.searched import said
from .queries import Query, Term
from .terminal import uncoloured

BEFORE: Final = 60  # characters shown before the first word that was found
SHOWN: Final = 240  # characters shown in all
_CUT: Final = "\u2026"


class Part(NamedTuple):
    """A piece of a text, and whether it was looked for."""

    text: str
    found: bool = False


def marked(message: Event, query: Query) -> list[Part]:
    """The text of a message around the first word that was found, in pieces. Takes less than a millisecond."""
    text = " ".join(uncoloured(said(message)).split())
    spans = _spans(text, query.shown)
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


def _start(text: str, first: int) -> int:
    """Where the shown part begins: at a word, not too far before the first one that was found."""
    if first <= BEFORE:
        return 0
    space = text.find(" ", first - BEFORE, first)
    return first - BEFORE if space < 0 else space + 1


def _spans(text: str, terms: list[Term]) -> list[tuple[int, int]]:
    """Where the terms stand in the text, in order; two may overlap."""
    folded, places = _placed(text)
    words = words_of(folded)
    spans = []
    for number in range(len(words)):
        for term in terms:
            if _stands(term, words[number : number + len(term.words)]):
                last = words[number + len(term.words) - 1]
                end = places[last.end - 1] + 1
                spans.append((places[words[number].start], end))
    return sorted(spans)


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


def _stands(term: Term, words: list[Word]) -> bool:
    if len(words) < len(term.words):
        return False
    *others, last = (word.text for word in words)
    if others != list(term.words[:-1]):
        return False
    return last.startswith(term.words[-1]) if term.begins else last == term.words[-1]
