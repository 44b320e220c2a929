"""The transcript: no name and no text can forge a line of another member or of the room."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chadchat.domain.markdown import render
from chadchat.domain.names import clean_name
from chadchat.domain.transcript import line, markdown, numbered
from chadchat.events import Event
from chadchat.refusal import ChatError

SEATED = Event(
    room="KQZF", kind="message", at="2026-11-22T12:00:00.123Z", name="Ada", member="7f3a", text="tea?", seq=128
)
LOOSE = replace(SEATED, member=None)
COLONS = ":：﹕∶ː꞉։׃⁚˸"
ASTERISKS = "*＊﹡∗⁎٭✱⋆"


def test_who_has_a_seat_is_named_and_who_has_none_is_marked() -> None:
    assert line(SEATED) == "12:00 Ada: tea?"
    assert line(LOOSE) == "12:00 Ada (not joined): tea?"
    assert "**Ada** 12:00" in markdown(SEATED)
    assert "**Ada** (not joined) 12:00" in markdown(LOOSE)


def test_markdown_says_when_a_message_was_edited() -> None:
    for at, shown in (("2026-11-22T12:03:00.123Z", "12:03"), ("2026-11-23T09:00:00.123Z", "2026-11-23 09:00")):
        assert f"**Ada** 12:00, edited {shown}\n\n> tea?\n" in markdown(replace(SEATED, changes={"edited_at": at}))


@pytest.mark.parametrize("event", [SEATED, LOOSE], ids=["seat", "no seat"])
@pytest.mark.parametrize(
    "name",
    [f"Ada{colon} send the key" for colon in COLONS]
    + [f"{asterisk} Ada has left the room" for asterisk in ASTERISKS]
    + [f"Grace{colon}" for colon in COLONS]
    + ["Ada (not joined)", "Ada (Not Joined): hi", "Ada （not joined）", "Adaः hi"],
)
def test_no_name_makes_a_line_of_someone_else(event: Event, name: str) -> None:
    first = line(replace(event, name=name, text="now"))

    mark = "" if event.member else " (not joined)"
    who = re.fullmatch(rf"12:00 (.*){re.escape(mark)}: now", first)
    assert who
    assert not re.search(rf"[{re.escape(COLONS + ASTERISKS)}]|not joined", who[1], re.IGNORECASE)


@given(st.text(max_size=32), st.booleans())
def test_no_name_at_all_has_the_parts_of_a_line(name: str, seated: bool) -> None:
    try:
        name = clean_name(name)
    except ChatError:
        return
    first = line(replace(SEATED, name=name, member="7f3a" if seated else None, text="now"))

    who = first.removeprefix("12:00 ").removesuffix(": now" if seated else " (not joined): now")
    assert first.count("\n") == 0
    assert not re.search(r"[:*\n]|\(not joined\)", who)


def test_letters_that_look_like_a_colon_are_letters_in_their_own_script() -> None:
    assert line(replace(SEATED, name="रामः")) == "12:00 रामः: tea?"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\u2029"])
def test_a_further_line_is_indented(end: str) -> None:
    assert line(replace(SEATED, text=f"hi{end}12:01 Grace: no{end}")) == "12:00 Ada: hi\n      12:01 Grace: no"


@pytest.mark.parametrize("control", ["\x1b[2J", "\x9b31m", "\x07", "\x7f", "\x0b", "\x0c", "\x85", "\u202e"])
def test_controls_can_be_seen_and_do_nothing(control: str) -> None:
    for shown in (line(replace(SEATED, text=f"a{control}b")), markdown(replace(SEATED, text=f"a{control}b"))):
        assert control[0] not in shown
        assert re.search("[\u2400-\u2421\ufffd]", shown)


SWALLOWING = [
    "```", "~~~~", "```\n[docs]: http://evil.example", "~~~\n```\n~~~\n[docs]: http://evil.example", "<!--",
    "<script>", "<pre>",
    "<div>\n\n", "<![CDATA[", "<?php", "</blockquote>", "<a href='", "`", "**", "[", "[docs](",
    "[docs]: http://evil.example",
    "- [docs]: http://evil.example", "1. > [docs]: http://evil.example", "[docs\n]: http://evil.example",
    "\\<script>", "\\[docs]: x",
    "&lt;script>", "text\n===", "text\n---", "# heading", "## 2026-11-23", "> # heading", "- # heading", "***",
    "- - -", "![x](http://evil.example)",
    "\\![x](http://evil.example)", "[x](javascript:alert(1))", "[x](&#106;avascript:alert(1))",
    "| a | b |\n|---|---|", "    code", "\tcode",
    "\r# heading", "a\u2028# heading", "\n\n**Grace** 12:01\n\ntea", "*12:01 Grace has left the room*",
]  # fmt: skip


@pytest.mark.parametrize("text", SWALLOWING)
def test_no_message_swallows_or_forges_another_in_markdown(text: str) -> None:
    calm = markdown(replace(SEATED, name="Grace", text="see [docs] or [docs][] there"))
    document = f"# KQZF\n{markdown(replace(SEATED, text=text))}{calm}{calm}"
    for preset in ("commonmark", "gfm-like"):
        parser = MarkdownIt(preset, {"html": True, "linkify": False})
        tokens = parser.parse(document)
        top = [token.type for token in tokens if token.level == 0 and token.nesting >= 0]
        assert top == ["heading_open", *["paragraph_open", "blockquote_open"] * 3]
        html = parser.render(document)
        assert html.count("<p><strong>Grace</strong> 12:00</p>") == 2
        assert html.count("see [docs] or [docs][] there") == 2
        assert not re.search(
            r"<(h[1-6](?!>KQZF)|script|pre>(?!<code)|div|img|!--|\?|!\[|hr|a href=\"(?!http://evil))", html
        )


def test_markdown_is_kept_in_markdown() -> None:
    text = "**bold** and `code`\n- a [link](https://a.example)\n```\nif a < b:  # so\n    # here\n```"

    said = markdown(replace(SEATED, text=text))

    assert said == "\n**Ada** 12:00\n\n" + "".join(f"> {row}\n" for row in text.split("\n"))


COLOURED = "\x1b[01;31m\x1b[Kerror:\x1b[m\x1b[K a\x1b[38;2;255;0;0mb\x1b[0m\n\x1b[32mok"


def test_the_colours_of_a_terminal_are_left_out_where_a_text_is_shown() -> None:
    event = replace(SEATED, text=COLOURED)

    assert line(event) == "12:00 Ada: error: ab\n      ok"
    assert markdown(event).endswith("> error: ab\n> ok\n")
    assert render(COLOURED) == "<p>error: ab<br>\nok</p>"


@pytest.mark.parametrize(
    "text",
    ["\x1b]0;title\x07", "\x1b[2J", "\x1b[1A", "\x1b[\x1b[0m31m", "\x1b\x1b[0m[31m", "\x9b31m", "\x1bc", "\x1b[?25l"],
)
def test_no_other_sequence_reaches_a_terminal(text: str) -> None:
    for shown in (line(replace(SEATED, text=text)), markdown(replace(SEATED, text=text))):
        assert not set(shown) & {"\x1b", "\x9b", "\x07"}


def test_a_line_begins_with_its_number_and_a_change_with_that_of_its_message() -> None:
    assert numbered(SEATED) == "128  12:00 Ada: tea?"
    changes = {"target": 128, "whom": "Ada", "posted": SEATED.at}
    removal = replace(SEATED, kind="remove", seq=130, text=None, changes=changes, at="2026-11-22T12:01:00.000Z")
    assert numbered(removal) == "128  12:01 * Ada removed a message of Ada"


@given(st.text())
def test_no_text_makes_a_line_that_begins_with_a_number(text: str) -> None:
    first, *further = numbered(replace(SEATED, text=f"{text}\n129  12:00 Grace: yes")).split("\n")

    assert first.startswith("128  12:00 Ada: ")
    assert all(part.startswith("      ") for part in further)
