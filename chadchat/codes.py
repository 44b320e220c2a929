"""Room codes: four capital letters that can be read aloud, drawn so that nobody can foresee them."""

from __future__ import annotations

import re
import secrets
import string
from typing import Final

LENGTHS: Final = range(4, 7)
PATTERN: Final = "[A-Z]{4,6}"  # as part of an address
# Above one code in a hundred taken, a guess would find a room too easily: new rooms get five letters (API.md).
CROWDED: Final = 4569

# Words nobody wants to read to a friend. Any code that contains one is drawn again.
_UNWANTED: Final = re.compile(
    "ANAL|ANUS|ARSE|BOOB|CLIT|COCK|COON|CRAP|CUNT|DAGO|DICK|DYKE|FAGS|FUCK|FUKC|GIMP|"
    "GOOK|HEIL|HOMO|JIZZ|JUGS|KIKE|KKKK|KNOB|KUNT|MONG|MUFF|NAZI|NIGA|NIGG|PAKI|PERV|"
    "PISS|POOF|POON|PORN|PUBE|PUSS|RAPE|SHAG|SHIT|SLAG|SLUT|SPAZ|SPIC|SUCK|TARD|TITS|"
    "TURD|TWAT|WANG|WANK|WHOR|WOGS"
)


def is_code(text: str) -> bool:
    """Whether this can be a room's code: 4 to 6 capital letters."""
    return len(text) in LENGTHS and all(letter in string.ascii_uppercase for letter in text)


def clean_code(raw: str) -> str:
    """What a person typed, as a code: upper case, without spaces."""
    return "".join(raw.split()).upper()


def draw_code(rooms: int) -> str:
    """A new code, for a server that has `rooms` rooms."""
    length = 4 if rooms <= CROWDED else 5
    while True:
        code = "".join(secrets.choice(string.ascii_uppercase) for _ in range(length))
        if not _UNWANTED.search(code):
            return code


def draw_epoch() -> str:
    """Four lower-case letters or digits that tell this life of a room from another."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(4))
