"""Marks: what is shown of a message that a search found."""

from __future__ import annotations

import time

import pytest

from chadchat.domain.markdown import render
from chadchat.domain.marks import BEFORE, SHOWN, all_marked, marked
from chadchat.domain.queries import parse
from chadchat.events import Event, now


def said(text: str, **changes: object) -> Event:
    return Event("KQZF", "message", now(), "Ada", "7f3a", text, render(text), changes=changes)


def shown(text: str, query: str, **changes: object) -> str:
    """The message with brackets around what was found."""
    parts = marked(said(text, **changes), parse(query))
    return "".join(f"[{part.text}]" if part.found else part.text for part in parts)


@pytest.mark.parametrize(
    ("text", "query", "wanted"),
    [
        ("deploy on Friday", "DEPLOY", "[deploy] on Friday"),
        ("Straßenfest in der Straße", "strasse", "Straßenfest in der [Straße]"),
        ("Straßenfest", "strasse*", "[Straßenfest]"),
        ("Ёлка и елка", "ёлка", "[Ёлка] и [елка]"),
        ("Việt Nam", "viet", "[Việt] Nam"),
        ("Viê\u0323t decomposed", "viet", "[Viê\u0323t] decomposed"),
        ("東京タワーで会いましょう", "東京", "[東京]タワーで会いましょう"),
        ("重跑gen-itgc后", "itgc", "重跑gen-[itgc]后"),
        ("검색", "검", "[검]색"),
        ("yes 🎉🎉", "🎉", "yes [🎉][🎉]"),
        ("no deployment", "deploy", "no deployment"),
        ("tea on friday, on Friday!", '"on friday"', "tea [on friday], [on Friday]!"),
        ("on a friday", '"on friday"', "on a friday"),
        ("tea and milk", "tea -sugar from:ada", "[tea] and milk"),
        ("the **deploy** of `gen`", "deploy gen", "the [deploy] of [gen]"),
        ("```\ndeploy --prod\n```", "prod", "deploy --[prod]"),
        ("[docs](https://example.org/deploy)", "docs", "[docs]"),
        ("[docs](https://example.org/deploy)", "deploy", "[docs](https://example.org/[deploy])"),
        ("1 < 2 & 3 > 2", "3", "1 < 2 & [3] > 2"),
        ("<mark>tea</mark>", "tea", "<mark>[tea]</mark>"),
    ],
)
def test_what_was_found_is_marked_as_the_index_compares_it(text: str, query: str, wanted: str) -> None:
    assert shown(text, query) == wanted


def test_a_long_message_is_shown_around_the_first_word_that_was_found() -> None:
    seen = shown("milk " * 300 + "tea " + "milk " * 300, "tea")

    assert (seen[:10], seen[-1]) == ("…milk milk", "…")
    assert 0 < seen.index("[tea]") <= BEFORE + 1
    assert len(seen) <= SHOWN + 4
    assert shown("milk " * 300, "from:ada") == ("milk " * 300)[:SHOWN] + "…"


def test_the_name_of_a_file_is_marked_too() -> None:
    assert shown("look", "log", file={"name": "log.txt", "alt": "a listing"}) == "look [log].txt a listing"


@pytest.mark.parametrize("text", ["deploy " * 580, "東" * 4096, "🦆" * 4096, "a" * 4096, "a b " * 1000, "**b** " * 680])
async def test_marks_take_no_time_that_others_notice(text: str) -> None:
    message, query = said(text), parse('deploy "a b c" a b d e "東 東 京" 🦆 bbb* "b b b b c"')
    best = 1.0
    for _ in range(20):
        start = time.thread_time()
        marked(message, query)
        best = min(best, time.thread_time() - start)

    assert best < 0.02
    assert [event for event, _ in await all_marked([message] * 3, query)] == [message] * 3
