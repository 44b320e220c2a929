"""Emoji: which messages are a few of them and nothing else."""

from __future__ import annotations

import time

import pytest

from chadchat.domain.emoji import is_few


@pytest.mark.parametrize(
    "text",
    ["🎉", "❤️", "👍🏽", "👩‍💻", "🇳🇱", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🎉🎉🎉", " 🎉 ❤️\n👩‍👩‍👧‍👦 ", "☕", "👩🏽‍❤️‍💋‍👨🏽" * 3],
)
def test_one_to_three_emoji_are_few(text: str) -> None:
    assert is_few(text)


@pytest.mark.parametrize(
    "text",
    [None, "", " ", "🎉🎉🎉🎉", "🎉!", "tea 🎉", "1", "#", "123", "::", "\u200d", "\ufe0f", "🇳", "🎉\u200d", "é"],
)
def test_all_else_is_not(text: str | None) -> None:
    assert not is_few(text)


def test_no_text_takes_long_to_be_told_from_emoji() -> None:
    hostile = ["🎉\u200d" * 31 + "x", "1\ufe0f" * 32, "🇳" * 63 + "x", " " * 63 + "é", "🎉" * 5000, "\u200d" * 64]
    for text in hostile:
        before = time.thread_time()
        assert not is_few(text)
        assert time.thread_time() - before < 0.005, ascii(text[:10])
