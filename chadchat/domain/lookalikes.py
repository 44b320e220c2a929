"""Look-alikes: decides whether two names look the same, by their skeletons (UTS 39, section 4).

Each name has two skeletons: of the name as written, and of its casefold. Two names are alike if they have a skeleton in
common. One skeleton for both would match too much: Ian equals ian without case, and Ian looks like lan, but ian and lan
are different names, and so are Neil and Nell.

Differences to UTS 39: spaces, punctuation and letter stretchers (tatweel) are ignored, and `cl`, `rn` and `vv` count as
`d`, `m` and `w`. Where two skeletons would be equally right, we take the one of chadchat 0.0, so that most stored names
compare. The data is that of Unicode 13: a newer character is alike only to itself.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import Final

from confusable_homoglyphs.confusables import confusables_data

from .visible import IGNORABLE

_TATWEEL: Final = "\u0640"  # the stroke that stretches an Arabic word
_DOTTED_I: Final = "i\u0307"  # shown like a plain i
_TURNS: Final = 5  # no character needs more than three


def looks(name: str) -> dict[str, str]:
    """The skeletons of a name for an event's `detail`: `skeleton` (of the name as written), `folded` (of its casefold)
    and `former` (of chadchat 0.0, to compare with seats from that time). Equal ones are left out.
    """
    found = {"skeleton": skeleton(name)}
    for key, look in (("folded", folded(name)), ("former", former(name))):
        if look not in found.values():
            found[key] = look
    return found


def alike(one: str, other: str) -> bool:
    """Whether two names have a skeleton in common, and so look the same to people."""
    return not {skeleton(one), folded(one)}.isdisjoint({skeleton(other), folded(other)})


@lru_cache(maxsize=1024)
def skeleton(name: str) -> str:
    """The skeleton of a name as it is written."""
    shown = _shown(name).replace("rn", "m").replace("cl", "d").replace("vv", "w").replace("VV", "W")
    return _settled(shown)


@lru_cache(maxsize=1024)
def folded(name: str) -> str:
    """The skeleton of a name's casefold."""
    return _settled(_shown(unicodedata.normalize("NFKC", name).casefold()))


@lru_cache(maxsize=1024)
def former(name: str) -> str:
    """The skeleton as chadchat 0.0 made it. Old logs and tables hold it, so this function must never change."""
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name).casefold())
    return "".join(_former_prototype(char) for char in decomposed if char != " ")


def _settled(shown: str) -> str:
    """Fold the case and map look-alikes in turn until nothing changes: a capital that is left may look like another
    letter than its lower-case form does.
    """
    for _ in range(_TURNS):
        before, shown = shown, _mapped(shown.casefold()).replace("rn", "m").replace("vv", "w")
        if shown == before:
            break
    return shown.replace(_DOTTED_I, "i").replace("l", "1")


def _shown(name: str) -> str:
    """The UTS 39 skeleton of a name without ignored characters; of the whole name if nothing else is left."""
    decomposed = unicodedata.normalize("NFD", IGNORABLE.sub("", name))
    kept: list[str] = []
    sits = False  # whether a combining mark here belongs to a kept character
    for char in decomposed:
        if unicodedata.category(char)[0] != "M":
            sits = not _is_passed_over(char)
        if sits and not (kept and kept[-1] == char and unicodedata.combining(char)):
            kept.append(char)
    return _mapped("".join(kept) or decomposed)


def _is_passed_over(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Lm":
        return char == _TATWEEL or "\u02b9" <= char <= "\u02d1"  # letters that look like accents
    return category[0] in "PZ" or (category == "Sk" and ord(char) < 0x1F000)


def _mapped(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFD", "".join(map(_prototype, decomposed)))


@cache
def _prototype(char: str) -> str:
    """The prototype of a character in the sense of UTS 39; for most characters the character itself.

    The data lists each pair in both directions. The prototype is the side that has several partners, or that is longer
    than one character.
    """
    alike = _entries(char)
    if len(alike) != 1:
        return char
    (other,) = alike
    if len(other) > 1 or len(_entries(other)) > 1:
        return other
    return min(char, other, key=lambda one: (ord(one) > 127, one))


def _entries(char: str) -> list[str]:
    """The look-alikes of a character in the data, without the left-to-right marks around right-to-left characters."""
    found = [*confusables_data.get(char, ()), *confusables_data.get(f"\u200e{char}\u200e", ())]
    return [str(entry["c"]).strip("\u200e") for entry in found]


@cache
def _former_prototype(char: str) -> str:
    alike = [entry["c"] for entry in confusables_data.get(char, ()) if len(entry["c"]) == 1]
    return str(min([char, *alike], key=lambda c: (ord(c) > 127, c))).casefold()
