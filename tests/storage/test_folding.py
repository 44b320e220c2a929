"""Folding: what is found in every script, by SQLite's own tokenizer."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from chadchat.domain.queries import parse
from chadchat.storage.folding import TOKENIZER, fold


def finds(query: str, text: str) -> bool:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f'CREATE VIRTUAL TABLE words USING fts5 (text, who, has, columnsize = 0, tokenize = "{TOKENIZER}")')
        db.execute("INSERT INTO words VALUES (?, '', '')", (fold(text),))
        return db.execute("SELECT 1 FROM words WHERE words MATCH ?", (parse(query).match({}),)).fetchone() is not None


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("東京", "明日は東京へ行きます"),
        ("京", "東京"),
        ("タワー", "東京タワー"),
        ("タワー", "東京ﾀﾜｰ"),  # half-width kana
        ("ｶﾞ", "ガ"),
        ("สวัสดี", "บอกว่าสวัสดีครับ"),
        ("ລາວ", "ພາສາລາວ"),
        ("ខ្មែរ", "ភាសាខ្មែរ"),
        ("မြန်မာ", "မြန်မာစာ"),
        ("검", "한국어검색"),
        ("검색", "한국어검색"),
        ("🎉", "done🎉!"),
        ("👍", "👍🏽"),
        ("❤", "I ❤️ tea"),
        ("👨‍👩‍👧", "the 👨‍👩‍👧 came"),
        ("🫠", "so hot 🫠"),
        ("strasse", "Straße"),
        ("STRASSE", "straße"),
        ("straße", "STRASSE"),
        ("елка", "Ёлка"),
        ("ёлка", "ЕЛКА"),
        ("σισυφος", "ΣΊΣΥΦΟΣ"),
        ("σίσυφος", "Σίσυφος"),
        ("مرحبا", "مَرْحَبًا"),
        ("مرحبا", "مـرحـبـا"),
        ("שלום", "שָׁלוֹם"),
        ("viet", "Việt"),
        ("việt", "VIET"),
        ("cafe", "cafe\u0301"),
        ("हिन्दी", "मैं हिन्दी बोलता हूँ"),
        ("itgc", "重跑gen-itgc后"),
        ("gen-itgc", "重跑gen-itgc后"),
        ("\uff34\uff25\uff21", "tea"),  # full width
        ("c++", "C++ and tea"),
        ("example.test/x", "see https://example.test/x?y=1"),
        ("dep*", "deployed"),
        ("東京都*", "東京都庁"),
    ],
)
def test_a_word_is_found_in_every_script(query: str, text: str) -> None:
    assert finds(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [("京東", "東京"), ("tea", "teapot"), ("dep*", "indeed"), ('"b a"', "a b"), ("viet", "vietnam"), ("AND", "a or b")],
)
def test_what_is_not_there_is_not_found(query: str, text: str) -> None:
    assert not finds(query, text)
