"""The list of emoji names that the room's page loads when one is asked for."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

LIST = Path(__file__).parents[2] / "static" / "js" / "emojilist.js"


def test_each_name_means_one_emoji_and_can_be_typed() -> None:
    lines = re.findall(r"^  '(.*)',$", LIST.read_text(encoding="utf-8"), re.MULTILINE)
    emoji = [entry.split(" ") for entry in ", ".join(lines).split(", ")]
    chars, names = [one[0] for one in emoji], [name for one in emoji for name in one[1:]]

    assert len(chars) == len(set(chars)) > 200
    assert len(names) == len(set(names)) > len(chars)
    assert [name for name in names if not re.fullmatch(r"[a-z0-9+_-]{2,20}", name)] == []
    known = {"So", "Sm", "Po", "Mn", "Me", "Cf", "Sk"}  # a symbol, and what joins or colours symbols
    assert [char for char in chars if {unicodedata.category(part) for part in char} - known] == []
