"""Names: which characters a name may have. lookalikes.py decides whether two names look the same.

The rules follow Unicode TR 36 and UTS 39: NFKC, no invisible characters, and letters of only one of the scripts Latin,
Cyrillic and Greek.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from ..errors import NameInvalid, NameRequired
from ..events import ANONYMOUS
from .lookalikes import alike
from .visible import fault, normalised

LONGEST: Final = 32
LONGEST_RAW: Final = 4 * LONGEST  # characters before normalising, whose time grows faster than the length

_LOOKALIKE_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK")


def clean_name(raw: str) -> str:
    """The name as it is stored and shown. Raises NameRequired or NameInvalid."""
    if len(raw) > LONGEST_RAW:
        raise NameInvalid(f"That name is {len(raw)} characters long; a name may have {LONGEST}.")
    return _clean(raw)


def clean_seat_name(raw: str) -> str:
    """As `clean_name`, for a seat, which may not look like `anonymous`. Raises NameRequired or NameInvalid."""
    name = clean_name(raw)
    if is_anonymous(name):
        raise NameInvalid(f"{name} is what everyone without a name is called. Pick another.")
    return name


@lru_cache(maxsize=1024)
def is_anonymous(name: str) -> bool:
    """Whether the name looks like `anonymous`, the default name of a post without a seat."""
    return alike(name, ANONYMOUS)


@lru_cache(maxsize=1024)
def _clean(raw: str) -> str:
    name = " ".join(part for part in normalised(raw).split(" ") if part)
    if not name:
        raise NameRequired
    if len(name) > LONGEST:
        raise NameInvalid(f"That name is {len(name)} characters long; a name may have {LONGEST}.")
    if reason := fault(name):
        raise NameInvalid(f"A name cannot have {reason}.")
    if len(_scripts(name)) > 1:
        raise NameInvalid("A name cannot mix Latin, Cyrillic and Greek letters.")
    return name


def _scripts(name: str) -> set[str]:
    names = (unicodedata.name(char, "") for char in name)
    return {script for name in names for script in _LOOKALIKE_SCRIPTS if name.startswith(script)}
