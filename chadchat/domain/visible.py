"""Checks that every character of a name or a title is visible, and that its marks do not cover the text around it.

Joiners, variation selectors and combining marks are allowed only where a script or an emoji needs them. The sources are
Default_Ignorable_Code_Point (DerivedCoreProperties.txt), RFC 5892, appendix A, and UAX 31, 2.3 for joiners, and UTS 51
for emoji sequences.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Default_Ignorable_Code_Point: characters without a glyph.
_IGNORABLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Blanks and placeholders that Unicode counts as symbols (Braille without dots, the null notehead, the object
# replacement character) or as a mark (the Khitan filler).
_BLANK: Final = "\u2800\U0001d159\ufffc\U00016fe4"
IGNORABLE: Final = re.compile(f"[{_IGNORABLE}{_BLANK}]")

_ZWNJ, _ZWJ, _VS16, _KEYCAP = "\u200c", "\u200d", "\ufe0f", "\u20e3"
_TAGGED_FLAG: Final = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_KEYCAPS: Final = re.compile(f"[0-9#*]{_VS16}?{_KEYCAP}")
# Characters that NFKC must not decompose. A spacing accent would become a space and a combining mark; the Thai and Lao
# vowel am would become two characters, and a tone mark before it would end up in the wrong place.
_WHOLE: Final = re.compile("([\u00a8\u00af\u00b4\u00b8\u02d8-\u02dd\u309b\u309c\u0e33\u0eb3])")
# The blocks reserved for emoji (emoji-data.txt): emoji newer than Python's Unicode data have no category yet.
_PICTURES: Final = range(0x1F000, 0x1FB00)

# The most combining marks on one letter (in NFD), for the scripts that need more than _FEW_MARKS.
_MARKS: Final = {
    "GREEK": 3,
    "HEBREW": 4,
    "ARABIC": 4,
    "SYRIAC": 4,
    "THAI": 3,
    "LAO": 3,
    "TIBETAN": 7,
    "MYANMAR": 7,
    "TAI": 6,
    "KHMER": 5,
    "BALINESE": 5,
    "JAVANESE": 5,
    "DEVANAGARI": 5,
    "BENGALI": 4,
    "GURMUKHI": 4,
    "GUJARATI": 4,
    "ORIYA": 4,
    "TAMIL": 4,
    "TELUGU": 4,
    "KANNADA": 5,
    "MALAYALAM": 4,
    "SINHALA": 5,
}
_FEW_MARKS: Final = 2


def normalised(raw: str) -> str:
    """The text in NFKC, except for the characters of `_WHOLE`; the Ogham space becomes a plain space."""
    parts = [part if _WHOLE.fullmatch(part) else unicodedata.normalize("NFKC", part) for part in _WHOLE.split(raw)]
    return "".join(parts).replace("\u1680", " ")


def fault(text: str) -> str | None:
    """The fault of a normalised text, as the end of the sentence `A name cannot have ...`; None if it has none."""
    bare = _KEYCAPS.sub("0", _TAGGED_FLAG.sub("\U0001f3f4", text))
    if any(_is_unseen(bare, place) for place in range(len(bare))):
        return "invisible or control characters"
    return _marks_fault(bare)


def _is_unseen(text: str, place: int) -> bool:
    char = text[place]
    if char.isascii():
        return not char.isprintable()
    if char == _VS16:
        return not _is_picture(text[place - 1 : place])
    if char in (_ZWNJ, _ZWJ):
        return not _joins(text, place)
    if IGNORABLE.match(char):
        return True
    return unicodedata.category(char) in _UNSEEN_CATEGORIES and ord(char) not in _PICTURES


def _joins(text: str, place: int) -> bool:
    """Whether the joiner at `place` has an effect there."""
    before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    if text[place] == _ZWNJ:
        return after.isalpha() and (_is_virama(before) or (_is_cursive(before) and _is_cursive(after)))
    if _is_picture(after):
        return _is_picture(before) or before == _VS16
    # A ZWJ joins after a virama, or before one (the Bengali ya-phalaa).
    return _is_virama(before) or (before.isalpha() and _is_virama(after))


def _is_picture(char: str) -> bool:
    """Whether the character is an emoji or symbol that may take a variation selector or join a sequence."""
    if not char:
        return False
    return ord(char) in _PICTURES or (unicodedata.category(char) in ("So", "Sm") and ord(char) > 0xA8)


def _is_virama(char: str) -> bool:
    return bool(char) and unicodedata.combining(char) == 9


def _is_cursive(char: str) -> bool:
    """Whether the character is a letter of a cursive script, such as Arabic, or a mark on one."""
    return bool(char) and (unicodedata.bidirectional(char) == "AL" or unicodedata.combining(char) > 9)


def _marks_fault(text: str) -> str | None:
    """The fault of the combining marks: no letter under one, too many on a letter, or one twice; else None."""
    base, last, run = "", "", 0
    for char in unicodedata.normalize("NFD", text):
        kind = unicodedata.category(char)
        if kind[0] != "M":
            if char not in (_ZWNJ, _ZWJ):
                base, run = char, 0
            last = ""
            continue
        if char == _VS16:
            continue
        if not base or unicodedata.category(base)[0] not in "LN":
            return "an accent without a letter under it"
        run += 1
        if kind == "Me" or char == last or run > _MARKS.get(_script(base), _FEW_MARKS):
            return "more accents on a letter than its script has"
        last = char
    return None


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]
