"""Texts: what a message may say."""

from __future__ import annotations

import re
from typing import Final

from ..errors import TextInvalid, TextRequired, TextTooLong
from .terminal import uncoloured

LONGEST: Final = 4096  # characters, so at most 16,384 bytes of UTF-8

# A visible character. Excluded are spaces, control characters, Default_Ignorable_Code_Point (DerivedCoreProperties.txt,
# Unicode 16), interlinear annotation marks, the null notehead, and the blanks of Braille and Khitan.
_SEEN: Final = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00016fe4\U0001bca0-\U0001bca3"
    r"\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def check_text(text: str) -> str:
    """Return the text unchanged. Raises TextTooLong, TextInvalid or TextRequired if it may not be stored."""
    if len(text) > LONGEST:
        raise TextTooLong(len(text), LONGEST)
    if not text.isascii():
        _check_encodable(text)
    if "\0" in text:
        raise TextInvalid("A message cannot hold the NUL character.")
    if is_blank(text):
        raise TextRequired
    return text


def is_blank(text: str) -> bool:
    """Whether the text has no visible character."""
    return not _SEEN.search(uncoloured(text))


def _check_encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TextInvalid("That text is not valid UTF-8.") from error
