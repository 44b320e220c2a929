"""Room codes: four capital letters that can be read aloud, drawn so that nobody can foresee them.

A `Code` is made here and nowhere else, of what a path, a form, a cookie or a command line holds.
"""

from __future__ import annotations

import re
import secrets
import string
import unicodedata
from typing import Final, NewType

from ..errors import CodeInvalid

Code = NewType("Code", str)  # 4 to 6 letters from A to Z

LENGTHS: Final = range(4, 7)
PATTERN: Final = "[A-Z]{4,6}"  # as part of an address
# Characters of what may be pasted: an invitation with the longest host, and a bit.
LONGEST_PASTED: Final = 512
# Above one code in a hundred taken, a guess would find a room too easily: new rooms get five letters.
CROWDED: Final = 4569

# Words nobody wants to read to a friend. Any code that contains one is drawn again.
_UNWANTED: Final = re.compile(
    "ANAL|ANUS|ARSE|BOOB|CLIT|COCK|COON|CRAP|CUNT|DAGO|DICK|DYKE|FAGS|FUCK|FUKC|GIMP|"
    "GOOK|HEIL|HOMO|JIZZ|JUGS|KIKE|KKKK|KNOB|KUNT|MONG|MUFF|NAZI|NIGA|NIGG|PAKI|PERV|"
    "PISS|POOF|POON|PORN|PUBE|PUSS|RAPE|SHAG|SHIT|SLAG|SLUT|SPAZ|SPIC|SUCK|TARD|TITS|"
    "TURD|TWAT|WANG|WANK|WHOR|WOGS"
)
_AROUND: Final = ("Z", "P", "Cc", "Cf")  # categories of what is no part of a code: spaces, punctuation, invisible
_QUOTES: Final = "<>`"  # more of that, though symbols to Unicode
_WHERE_A_PART_ENDS: Final = re.compile(r"[/.?#&\s]")


def is_code(text: str) -> bool:
    """Whether this can be a room's code: 4 to 6 capital letters."""
    return len(text) in LENGTHS and all(letter in string.ascii_uppercase for letter in text)


def as_code(text: str) -> Code | None:
    """This text, if it is a code as it stands."""
    return Code(text) if is_code(text) else None


def clean_code(raw: str) -> Code:
    """The code in what a person typed or pasted, see `find_code`. Raises CodeInvalid."""
    code = find_code(raw)
    if code is None:
        raise CodeInvalid("".join(raw[:LONGEST_PASTED].split()).upper())
    return code


def find_code(raw: str) -> Code | None:
    """The code in what a person typed or pasted, in either case: alone, among spaces, dashes, dots, quotes and
    invisible characters, in fullwidth letters, in a room's address, or the only one in a sentence. None where it
    plainly holds no code.
    """
    if len(raw) > LONGEST_PASTED:
        return None
    text = "".join(char for char in unicodedata.normalize("NFKC", raw) if unicodedata.category(char) != "Cf").strip()
    whole = _part(text)
    if whole.isascii() and (code := as_code(whole.upper())):
        return code
    named = {part for part in map(_part, text.split()) if is_code(part)}
    return as_code(named.pop()) if len(named) == 1 else None


def draw_code(rooms: int) -> str:
    """A new code, for a server that has `rooms` rooms."""
    length = 4 if rooms <= CROWDED else 5
    while True:
        code = "".join(secrets.choice(string.ascii_uppercase) for _ in range(length))
        if not _UNWANTED.search(code):
            return code


def _part(text: str) -> str:
    """What may be the code of it."""
    return _in_address(text) if "/" in text else _bare(text)


def _bare(text: str) -> str:
    return "".join(c for c in text if not unicodedata.category(c).startswith(_AROUND) and c not in _QUOTES)


def _in_address(text: str) -> str:
    """The first part of an address's path. What has no scheme may begin with the host, or with the code itself."""
    before, scheme, rest = text.partition("://")
    if not scheme or "/" in before:
        scheme, rest = "", text
    host, _, path = rest.partition("/")
    first, alone = _bare(_WHERE_A_PART_ENDS.split(path)[0]), _bare(host)
    return alone if not scheme and is_code(alone.upper()) and not is_code(first) else first
