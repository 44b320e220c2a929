"""Names: what a name may be, and when two of them look the same to a person.

Rules from research on how people are fooled by names (Unicode TR 36 and UTS 39): NFKC, no invisible or control
characters, one of Latin, Cyrillic and Greek at a time, unique by skeleton.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import Final

from confusable_homoglyphs.confusables import confusables_data

from .errors import NameInvalid, NameRequired

LONGEST: Final = 32
LONGEST_RAW: Final = 4 * LONGEST  # characters as they come, before spaces are folded and letters composed
ANONYMOUS: Final = "anonymous"

_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and symbols to Unicode, nothing to the eye: Hangul fillers and the blank Braille pattern.
_UNSEEN: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_LOOKALIKE_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK")


def clean_name(raw: str) -> str:
    """The name as it is stored and shown. Raises NameRequired or NameInvalid."""
    if len(raw) > LONGEST_RAW:  # before anything that costs more the longer it is, or is kept
        raise _too_long(len(raw))
    return _cleaned(raw)


@lru_cache(maxsize=1024)
def _cleaned(raw: str) -> str:
    name = " ".join(unicodedata.normalize("NFKC", raw).split(" ")).strip()
    name = " ".join(part for part in name.split(" ") if part)
    if not name:
        raise NameRequired
    if len(name) > LONGEST:
        raise _too_long(len(name))
    if any(unicodedata.category(char) in _UNSEEN_CATEGORIES or char in _UNSEEN for char in name):
        raise NameInvalid("A name cannot have invisible or control characters.")
    if _stacks_marks(name):
        raise NameInvalid("A name cannot stack more than two accents on a letter.")
    if len(_scripts(name)) > 1:
        raise NameInvalid("A name cannot mix Latin, Cyrillic and Greek letters.")
    return name


def _too_long(length: int) -> NameInvalid:
    return NameInvalid(f"That name is {length} characters long; a name may have {LONGEST}.")


@lru_cache(maxsize=1024)
def skeleton(name: str) -> str:
    """What the name looks like: two names with one skeleton are the same name to a reader."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    decomposed = unicodedata.normalize("NFD", folded)
    return "".join(_prototype(char) for char in decomposed if char != " ")


@cache
def _prototype(char: str) -> str:
    alike = [entry["c"] for entry in confusables_data.get(char, ()) if len(entry["c"]) == 1]
    return str(min([char, *alike], key=lambda c: (ord(c) > 127, c))).casefold()


def _stacks_marks(name: str) -> bool:
    run = 0
    for char in unicodedata.normalize("NFD", name):
        run = run + 1 if unicodedata.combining(char) else 0
        if run > 2:
            return True
    return False


def _scripts(name: str) -> set[str]:
    names = (unicodedata.name(char, "") for char in name)
    return {script for name in names for script in _LOOKALIKE_SCRIPTS if name.startswith(script)}
