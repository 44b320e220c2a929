"""Room codes: drawn at random, and found in typed or pasted text."""

from __future__ import annotations

import secrets

import pytest

from chadchat.domain import codes
from chadchat.domain.codes import clean_code, draw_code, find_code, is_code
from chadchat.errors import CodeInvalid
from chadchat.events import draw_epoch


def test_a_new_code_is_four_capitals() -> None:
    drawn = {draw_code(0) for _ in range(200)}

    assert all(len(code) == 4 and is_code(code) for code in drawn)
    assert len(drawn) > 190


def test_a_crowded_server_hands_out_five_letters() -> None:
    assert len(draw_code(codes.CROWDED)) == 4
    assert len(draw_code(codes.CROWDED + 1)) == 5


def test_unwanted_words_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    letters = iter("SHIT" + "KQZF")
    monkeypatch.setattr(secrets, "choice", lambda alphabet: next(letters))

    assert draw_code(0) == "KQZF"


def test_what_a_person_types_becomes_a_code() -> None:
    assert clean_code(" kq zf ") == "KQZF"


@pytest.mark.parametrize("text", ["", "KQZ", "KQZFABC", "kqzf", "KQZ1", "KÖZF", "KQZF\n"])
def test_other_text_is_no_code(text: str) -> None:
    assert not is_code(text)


def test_an_epoch_is_four_lower_case_letters_or_digits() -> None:
    assert all(len(epoch) == 4 and epoch.isalnum() and epoch == epoch.lower() for epoch in (draw_epoch(), draw_epoch()))


@pytest.mark.parametrize(
    "pasted",
    ["KQZF", "kqzf", "ＫＱＺＦ", "ｋｑｚｆ", "K Q Z F", "KQ-ZF", "kq.zf", "KQZF.", '"KQZF"', "«KQZF»", "(KQZF)",
     "<KQZF>", "K\u200bQ\u2060ZF", "\ufeffKQZF", "KQ\u00adZF", "KQ\u2011ZF", "KQZF\r\n", "\tKQZF",
     "KQ\u00a0ZF", "#KQZF", "http://host/KQZF", "https://chat.example/kqzf", "HTTPS://CHAT.EXAMPLE/KQZF",
     "host/KQZF/sse?x",
     "host:8000/kqzf", "chat.example/KQZF?before=3", "http://h/KQZF#m-3", "http://h/KQZF.jsonl",
     "http://h/KQZF/links/ccl_x", "/KQZF",
     "KQZF/sse", "kqzf/json", "<http://h/KQZF>", "http://h/KQZF?x=http://y/ABCD", "http://[::1]:8000/KQZF",
     "Room KQZF", "Come to http://host/KQZF at once", "my room is KQZF!"],
)  # fmt: skip
def test_a_code_is_taken_out_of_what_is_pasted(pasted: str) -> None:
    assert clean_code(pasted) == "KQZF"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "KQZ",
        "KQZFABC",
        "KQZ1",
        "KÖZF",
        "(A+)+B",
        "((",
        "A{9999}",
        "[A",
        "KQ\ud800ZF",
        "КQZF",
        "kqzı",
        "http://",
        "http://h",
        "http://KQZF",
        "http://h/",
        "COME TO ROOM KQZF",
        "a" * 513,
        "a\u0315\u0300" * 30_000,
        "/" * 100_000,
    ],
)
def test_what_plainly_holds_no_code_is_none(text: str) -> None:
    assert find_code(text) is None
    with pytest.raises(CodeInvalid, match="There is no room"):
        clean_code(text)
