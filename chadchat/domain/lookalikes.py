"""Look-alikes: when two names are one to the eye. Skeletons as in UTS 39, section 4, with the data of Unicode.

A name has two looks, for case and shape cannot be had in one string: Ian is ian in another case, and Ian looks like
lan; were both one, ian and lan would be, too, and with them Neil and Nell. So each name has the look `as written` and
the look of its casefold, and two names are alike when they have a look in common.

Beyond UTS 39: spaces, punctuation and what only stretches a word are not looked at, and `cl`, `rn` and `vv` are `d`,
`m` and `w`. Where two forms of a look would do, it is the one that chadchat 0.0 made, so that most names of before
compare. The data is that of Unicode 13: characters newer than that look like nothing but themselves.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import Final

from confusable_homoglyphs.confusables import confusables_data

from .visible import IGNORABLE

_TATWEEL: Final = "\u0640"  # stretches an Arabic word
_DOTTED_I: Final = "i\u0307"  # the dot replaces that of the i, and looks the same
_TURNS: Final = 5  # no character there is needs more than three


def looks(name: str) -> dict[str, str]:
    """The looks of a name, as an event's detail carries them: `skeleton` as written, and where they differ `folded`,
    of its casefold, and `former`, as chadchat 0.0 made it: seats of before are known by that.
    """
    found = {"skeleton": skeleton(name)}
    for key, look in (("folded", folded(name)), ("former", former(name))):
        if look not in found.values():
            found[key] = look
    return found


def alike(one: str, other: str) -> bool:
    """Whether two names look the same to people."""
    return not {skeleton(one), folded(one)}.isdisjoint({skeleton(other), folded(other)})


@lru_cache(maxsize=1024)
def skeleton(name: str) -> str:
    """What the name looks like as it is written."""
    shown = _shown(name).replace("rn", "m").replace("cl", "d").replace("vv", "w").replace("VV", "W")
    return _settled(shown)


@lru_cache(maxsize=1024)
def folded(name: str) -> str:
    """What the name looks like in small letters."""
    return _settled(_shown(unicodedata.normalize("NFKC", name).casefold()))


@lru_cache(maxsize=1024)
def former(name: str) -> str:
    """The skeleton of chadchat 0.0, as it stands in logs and tables of that time. Never to be changed."""
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name).casefold())
    return "".join(_former_prototype(char) for char in decomposed if char != " ")


def _settled(shown: str) -> str:
    """Folded and shown again until nothing changes: a capital that is left may look like a letter that its small form
    does not look like.
    """
    for _ in range(_TURNS):
        before, shown = shown, _mapped(shown.casefold()).replace("rn", "m").replace("vv", "w")
        if shown == before:
            break
    return shown.replace(_DOTTED_I, "i").replace("l", "1")


def _shown(name: str) -> str:
    """UTS 39's skeleton of the part of a name that makes it another name."""
    decomposed = unicodedata.normalize("NFD", IGNORABLE.sub("", name))
    kept: list[str] = []
    sits = False  # on what is kept, as a mark does
    for char in decomposed:
        if unicodedata.category(char)[0] != "M":
            sits = not _is_passed_over(char)
        if sits and not (kept and kept[-1] == char and unicodedata.combining(char)):
            kept.append(char)
    return _mapped("".join(kept) or decomposed)


def _is_passed_over(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Lm":
        return char == _TATWEEL or "\u02b9" <= char <= "\u02d1"  # letters that look like apostrophes and accents
    return category[0] in "PZ" or (category == "Sk" and ord(char) < 0x1F000)


def _mapped(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFD", "".join(map(_prototype, decomposed)))


@cache
def _prototype(char: str) -> str:
    """What the character is to be taken for; itself for most. The data names both ends of each pair: the prototype is
    the one that stands for several, or for which more than one character is needed.
    """
    alike = _entries(char)
    if len(alike) != 1:
        return char
    (other,) = alike
    if len(other) > 1 or len(_entries(other)) > 1:
        return other
    return min(char, other, key=lambda one: (ord(one) > 127, one))


def _entries(char: str) -> list[str]:
    """The data's partners of a character, without the marks that it puts around what is written right to left."""
    found = [*confusables_data.get(char, ()), *confusables_data.get(f"\u200e{char}\u200e", ())]
    return [str(entry["c"]).strip("\u200e") for entry in found]


@cache
def _former_prototype(char: str) -> str:
    alike = [entry["c"] for entry in confusables_data.get(char, ()) if len(entry["c"]) == 1]
    return str(min([char, *alike], key=lambda c: (ord(c) > 127, c))).casefold()
