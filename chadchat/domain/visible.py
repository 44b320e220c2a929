"""Visible: what a name or a title may hold, so that people see all of it and it stays in its own place.

Joiners, variation selectors and marks are welcome where a script or an emoji needs them, and nowhere else. The lists
are from Unicode: Default_Ignorable_Code_Point (DerivedCoreProperties.txt), joiners as in RFC 5892, appendix A, and UAX
31, 2.3, emoji sequences as in UTS 51.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Default_Ignorable_Code_Point: characters that are shown as nothing.
_IGNORABLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Blank or a placeholder, though Unicode counts them as symbols: Braille without dots, a note without a head, the object
# replacement character; and the filler of Khitan, a mark.
_BLANK: Final = "\u2800\U0001d159\ufffc\U00016fe4"
IGNORABLE: Final = re.compile(f"[{_IGNORABLE}{_BLANK}]")

_ZWNJ, _ZWJ, _VS16, _KEYCAP = "\u200c", "\u200d", "\ufe0f", "\u20e3"
_TAGGED_FLAG: Final = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_KEYCAPS: Final = re.compile(f"[0-9#*]{_VS16}?{_KEYCAP}")
# What NFKC would take apart for the worse: a spacing accent into a space and a mark, which then sits on what stands
# before it; the Thai and the Lao am into two characters, of which a tone before it takes the wrong one's place.
_WHOLE: Final = re.compile("([\u00a8\u00af\u00b4\u00b8\u02d8-\u02dd\u309b\u309c\u0e33\u0eb3])")
# Reserved for pictures (emoji-data.txt): those that are newer than this Python's Unicode have no category yet.
_PICTURES: Final = range(0x1F000, 0x1FB00)

# The most marks on one letter, decomposed, by the script of the letter: those that stack more than two of them.
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
    """NFKC, but for what it would take apart for the worse, and with the space that it does not make a plain one."""
    parts = [part if _WHOLE.fullmatch(part) else unicodedata.normalize("NFKC", part) for part in _WHOLE.split(raw)]
    return "".join(parts).replace("\u1680", " ")


def fault(text: str) -> str | None:
    """Why people could not see this normalised text as it is, or nothing next to it; None where they can."""
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
    """Whether a joiner is where it does something."""
    before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    if text[place] == _ZWNJ:
        return after.isalpha() and (_is_virama(before) or (_is_cursive(before) and _is_cursive(after)))
    if _is_picture(after):
        return _is_picture(before) or before == _VS16
    # After a virama; or before one, as in the Bengali ya-phalaa.
    return _is_virama(before) or (before.isalpha() and _is_virama(after))


def _is_picture(char: str) -> bool:
    """A symbol that emoji presentation or a sequence can belong to, a skin tone among them."""
    if not char:
        return False
    return ord(char) in _PICTURES or (unicodedata.category(char) in ("So", "Sm") and ord(char) > 0xA8)


def _is_virama(char: str) -> bool:
    return bool(char) and unicodedata.combining(char) == 9


def _is_cursive(char: str) -> bool:
    """A letter of a script that is written joined, or a mark on one."""
    return bool(char) and (unicodedata.bidirectional(char) == "AL" or unicodedata.combining(char) > 9)


def _marks_fault(text: str) -> str | None:
    """Marks need a letter to sit on, few enough not to reach its neighbours, and not the same one twice."""
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
