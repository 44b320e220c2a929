"""Queries: the language of search, `deploy "on friday" -test from:ada has:link after:7d`, read into what to look for.

Nothing of it is syntax to SQLite: each term is folded and quoted before full-text search sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import CursorInvalid
from ..refusal import ChatError
from ..storage.folding import fold, words_of
from . import cursors

LONGEST: Final = 200  # characters of a query
MOST: Final = 10  # terms
SHORTEST_BEGINNING: Final = 3  # letters of `dep*`; two take 36 ms of CPU, one 145 (1,000,000 messages)
HAS: Final = ("file", "picture", "link")

# Phones write curly quotation marks.
_QUOTES: Final = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\xab\xbb\uff02", '"'))
_TERM: Final = re.compile(
    r"(?P<bare>-?(?:from|has|before|after)):(?=\s|$)"
    r'|(?P<not>-)?(?:(?P<field>from|has|before|after):)?(?:"(?P<phrase>[^"]*)"?(?P<star>\*)?|(?P<word>[^\s"]+))',
    re.IGNORECASE,
)


class QueryRequired(ChatError, status=422, code="query_required", section="searching", field="q"):
    sentence = "Please enter what to look for."


class QueryInvalid(ChatError, status=422, code="query_invalid", section="searching", field="q"):
    sentence, values = "{reason}", ("reason",)


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for, or with `unwanted` to leave out: words that follow each other in a column of the index
    (`text`, `who`, `has`). With `begins` the last of them may go on. `given` is as it was written.
    """

    column: str
    words: tuple[str, ...]
    given: str
    begins: bool = False
    unwanted: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was asked, its terms, and the times between which the messages are (None: no bound)."""

    asked: str
    terms: tuple[Term, ...] = ()
    after: str | None = None
    before: str | None = None

    @property
    def shown(self) -> list[Term]:
        """The terms that a message's text shows."""
        return [term for term in self.terms if term.column == "text" and not term.unwanted]

    @property
    def authors(self) -> list[str]:
        """The names after `from:`, as they were written."""
        return [term.given for term in self.terms if term.column == "who"]

    def match(self, members: Mapping[str, Sequence[str]]) -> str:
        """The expression of full-text search; empty if only times were asked for. `members` has the ids of those who
        have a name now, by the name that was written.
        """
        wanted = " AND ".join(_match(term, members) for term in self.terms if not term.unwanted)
        unwanted = " OR ".join(_match(term, members) for term in self.terms if term.unwanted)
        return f"({wanted}) NOT ({unwanted})" if unwanted else wanted


def parse(asked: str) -> Query:
    """Read a query. Raises QueryRequired or QueryInvalid."""
    asked = asked.strip()
    if len(asked) > LONGEST:
        raise QueryInvalid(f"That is {len(asked)} characters; a search may have {LONGEST}.")
    terms, times = [], dict[str, str]()
    found = list(_TERM.finditer(asked.translate(_QUOTES)))
    if len(found) > MOST:
        raise QueryInvalid(f"A search may have {MOST} words and filters.")
    for part in found:
        if part["bare"]:
            raise QueryInvalid(f"{part['bare']}: needs something right after it, without a space.")
        field = (part["field"] or "").lower()
        if field in ("before", "after"):
            times[field] = _time(field, part)
        elif term := _term(field or "text", part):
            terms.append(term)
    if not terms and not times:
        raise QueryRequired
    if terms and all(term.unwanted for term in terms):
        raise QueryInvalid("A search needs a word to look for beside what it leaves out.")
    return Query(asked, tuple(terms), times.get("after"), times.get("before"))


def _term(column: str, part: re.Match[str]) -> Term | None:
    """A term; None if it has no word to look for. Raises QueryInvalid."""
    said = (part["word"] if part["phrase"] is None else part["phrase"]).strip()
    begins = column == "text" and (bool(part["star"]) or said.endswith("*"))
    words = tuple(word.text for word in words_of(fold(said)))
    if column == "has":
        if fold(said) not in HAS:
            raise QueryInvalid("has: takes file, picture or link.")
        return Term("has", words, said, unwanted=bool(part["not"]))
    if not words:
        if column == "who":
            raise QueryInvalid("from: takes a name, as in from:ada.")
        return None
    if begins and words[-1].isascii() and len(words[-1]) < SHORTEST_BEGINNING:
        raise QueryInvalid(f"A beginning of a word has {SHORTEST_BEGINNING} letters or more, as in dep*.")
    return Term("who" if column == "from" else column, words, said, begins, bool(part["not"]))


def _time(field: str, part: re.Match[str]) -> str:
    """The time of `before:2026-11-01` or `after:7d`. Raises QueryInvalid."""
    said = part["word"] if part["phrase"] is None else part["phrase"]
    try:
        moment = cursors.parse(said).moment
    except CursorInvalid:
        moment = None
    if moment is None or part["not"]:
        raise QueryInvalid(f"{field}: takes a day or an age, as in {field}:2026-11-01 or {field}:7d.")
    return moment


def _match(term: Term, members: Mapping[str, Sequence[str]]) -> str:
    phrases = [" ".join(term.words)]
    if term.column == "who":
        phrases += members.get(term.given, ())
    found = " OR ".join(f'{term.column} : "{phrase}"{" *" if term.begins else ""}' for phrase in phrases)
    return f"({found})"
