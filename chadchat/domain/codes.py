"""Room codes: four to six capital letters, drawn at random, and found in the text that a person typed or pasted.

Paths, forms, cookies and command lines turn their text into a `Code` with the functions here.
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
# The most characters of pasted text that are searched for a code: enough for an invitation with the longest host name.
LONGEST_PASTED: Final = 512
# Above this many rooms (1 % of all four-letter codes) new rooms get five letters, so that guessing stays hard.
CROWDED: Final = 4569

# Offensive words. A code that contains one is drawn again.
_UNWANTED: Final = re.compile(
    "ANAL|ANUS|ARSE|BOOB|CLIT|COCK|COON|CRAP|CUNT|DAGO|DICK|DYKE|FAGS|FUCK|FUKC|GIMP|"
    "GOOK|HEIL|HOMO|JIZZ|JUGS|KIKE|KKKK|KNOB|KUNT|MONG|MUFF|NAZI|NIGA|NIGG|PAKI|PERV|"
    "PISS|POOF|POON|PORN|PUBE|PUSS|RAPE|SHAG|SHIT|SLAG|SLUT|SPAZ|SPIC|SUCK|TARD|TITS|"
    "TURD|TWAT|WANG|WANK|WHOR|WOGS"
)
_AROUND: Final = ("Z", "P", "Cc", "Cf")  # Unicode categories to drop: spaces, punctuation, controls, formats
_QUOTES: Final = "<>`"  # quotation marks that Unicode counts as symbols
_WHERE_A_PART_ENDS: Final = re.compile(r"[/.?#&\s]")


def is_code(text: str) -> bool:
    """Whether the text is 4 to 6 capital letters."""
    return len(text) in LENGTHS and all(letter in string.ascii_uppercase for letter in text)


def as_code(text: str) -> Code | None:
    """The text as a `Code`, or None if it is not exactly one."""
    return Code(text) if is_code(text) else None


def clean_code(raw: str) -> Code:
    """The code that `find_code` finds in typed or pasted text. Raises CodeInvalid if there is none."""
    code = find_code(raw)
    if code is None:
        raise CodeInvalid("".join(raw[:LONGEST_PASTED].split()).upper())
    return code


def find_code(raw: str) -> Code | None:
    """The code in typed or pasted text, upper or lower case; None if there is none, or the text is too long.

    Finds a code alone, with spaces, dashes, dots, quotes or invisible characters in or around it, in fullwidth letters,
    in a room's address, or (in capitals) as the only code of a sentence.
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
    """A random code: four letters, or five on a server with more than CROWDED rooms."""
    length = 4 if rooms <= CROWDED else 5
    while True:
        code = "".join(secrets.choice(string.ascii_uppercase) for _ in range(length))
        if not _UNWANTED.search(code):
            return code


def _part(text: str) -> str:
    """The part of the text that can be a code: of an address the room's part, else the text without punctuation."""
    return _in_address(text) if "/" in text else _bare(text)


def _bare(text: str) -> str:
    return "".join(c for c in text if not unicodedata.category(c).startswith(_AROUND) and c not in _QUOTES)


def _in_address(text: str) -> str:
    """The first segment of an address's path. Without a scheme the address may begin with the host or the code."""
    before, scheme, rest = text.partition("://")
    if not scheme or "/" in before:
        scheme, rest = "", text
    host, _, path = rest.partition("/")
    first, alone = _bare(_WHERE_A_PART_ENDS.split(path)[0]), _bare(host)
    return alone if not scheme and is_code(alone.upper()) and not is_code(first) else first
