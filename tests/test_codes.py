"""Room codes."""

from __future__ import annotations

import secrets

import pytest

from chadchat import codes
from chadchat.codes import clean_code, draw_code, draw_epoch, is_code


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
