"""Emoji: what one is, and which messages are a few of them and nothing else."""

from __future__ import annotations

import re
from typing import Final

# An emoji: a picture (the emoji of the Basic Multilingual Plane, from emoji-data.txt, or one of the blocks that are
# reserved for them), perhaps with a variation selector and a skin tone; two letters of a flag; a flag with tags; a
# keycap; or several of these with joiners between them (UTS 51, ED-17).
_BASIC: Final = (
    "\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2"
    "\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2604\u260e\u2611\u2614\u2615\u2618\u261d\u2620\u2622\u2623\u2626"
    "\u262a\u262e\u262f\u2638-\u263a\u2640\u2642\u2648-\u2653\u265f\u2660\u2663\u2665\u2666\u2668\u267b\u267e\u267f"
    "\u2692-\u2697\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be\u26c4\u26c5\u26c8\u26ce"
    "\u26cf\u26d1\u26d3\u26d4\u26e9\u26ea\u26f0-\u26f5\u26f7-\u26fa\u26fd\u2702\u2705\u2708-\u270d\u270f\u2712\u2714"
    "\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763\u2764\u2795-\u2797\u27a1"
    "\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
)
_PICTURE: Final = f"[{_BASIC}\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
_PART: Final = (
    f"(?:\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{3,6}}\U000e007f"
    f"|{_PICTURE}[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?|[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3)"
)
_ONE: Final = f"{_PART}(?:\u200d{_PART})*"
EMOJI: Final = re.compile(_ONE)

FEW: Final = 3  # emoji of a message that are shown large
_LONGEST: Final = 64  # characters: three emoji of a family, a skin tone for each
_FEW: Final = re.compile(rf"\s*+{_ONE}(?:\s*+{_ONE}){{0,{FEW - 1}}}\s*+")


def is_few(text: str | None) -> bool:
    """Whether a text is one to three emoji and nothing else, which are shown large."""
    return text is not None and len(text) <= _LONGEST and not text.isascii() and _FEW.fullmatch(text) is not None
