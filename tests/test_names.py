"""Names: what is allowed, and what counts as the same name."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chadchat.errors import NameInvalid, NameRequired, TitleInvalid
from chadchat.names import LONGEST, LONGEST_RAW, clean_name, skeleton
from chadchat.rooms import LONGEST_RAW_TITLE, clean_title


@pytest.mark.parametrize(
    "name", ["Ada", "Zoë", "李小龙", "Ольга", "محمد", "Jean-Luc O'Neill", "<b>x</b>", "data: x", "🦆"]
)
def test_names_of_the_world_are_welcome(name: str) -> None:
    assert clean_name(name) == name


def test_a_name_is_trimmed_and_its_spaces_are_single() -> None:
    assert clean_name("  Ada   Lovelace ") == "Ada Lovelace"


def test_wide_and_styled_letters_become_plain() -> None:
    assert clean_name("Ａｄａ") == "Ada"
    assert clean_name("𝒜𝒹𝒶") == "Ada"


@pytest.mark.parametrize("name", ["", " ", "   "])
def test_no_name_is_asked_for(name: str) -> None:
    with pytest.raises(NameRequired, match=r"Please enter a name\."):
        clean_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "a\nb", "a\rb", "a\tb", "a\0b", "\x1b[2J", "a\u202eb", "a\u2066b", "a\u200bb", "a\u2028b",
        "\u3164", "\u115f", "\u2800", "\ufeff", "a\u0300\u0301\u0302", "Adа", "Αda", "\ud800", "\ue000",
    ],
)  # fmt: skip
def test_names_that_fool_or_forge_are_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        clean_name(name)


def test_a_name_has_at_most_32_characters() -> None:
    assert clean_name("x" * LONGEST)
    with pytest.raises(NameInvalid, match="33 characters long; a name may have 32"):
        clean_name("x" * 33)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "ada"),
        ("Ada", "ADA"),
        ("Ada", "А" + "da"),
        ("paypal", "pаypаl"),
        ("Zoe l", "zoel"),
        ("Straße", "STRASSE"),
    ],
)
def test_names_that_look_alike_are_one(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(("one", "other"), [("Ada", "Adam"), ("Zoe", "Zoë"), ("Ada", "Bob"), ("李", "王")])
def test_names_that_look_different_are_two(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@given(st.text(max_size=40))
def test_any_text_is_a_clean_name_or_a_refusal(raw: str) -> None:
    try:
        name = clean_name(raw)
    except (NameRequired, NameInvalid):
        return
    assert clean_name(name) == name
    assert 1 <= len(name) <= LONGEST
    assert skeleton(name)


@pytest.mark.parametrize("raw", ["a" + "\u0315" * 16_000 + "\u0300" * 16_000, " " * 65_000 + "a", "\ufdfa" * 20_000])
def test_what_is_far_too_long_is_refused_before_anything_is_done_with_it(raw: str) -> None:
    start = time.thread_time()
    with pytest.raises(NameInvalid, match=f"{len(raw)} characters long; a name may have 32"):
        clean_name(raw)
    with pytest.raises(TitleInvalid, match=f"{len(raw)} characters long; a title may have 80"):
        clean_title(raw)
    assert time.thread_time() - start < 0.005


def test_spaces_around_a_name_and_a_title_do_not_count() -> None:
    assert clean_name(" " * (LONGEST_RAW - 3) + "Ada") == "Ada"
    assert clean_title(" " * (LONGEST_RAW_TITLE - 3) + "Tea") == "Tea"
