"""Names: allowed characters, and names that count as the same."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chadchat.domain.lookalikes import skeleton
from chadchat.domain.names import LONGEST, LONGEST_RAW, clean_name, clean_seat_name
from chadchat.domain.rooms import LONGEST_RAW_TITLE, LONGEST_TITLE, clean_title
from chadchat.domain.visible import IGNORABLE
from chadchat.errors import NameInvalid, NameRequired, TitleInvalid
from chadchat.events import ANONYMOUS


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


FAMILY = "👩\u200d👩\u200d👧"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
WELCOME = [
    "👩\u200d💻", "❤\ufe0f\u200d🔥", "🏳\ufe0f\u200d🌈", "👩🏽\u200d🚀", FAMILY, ENGLAND, "1\ufe0f\u20e3",
    "🇩🇪", "👍🏽", "☕\ufe0f", "\U0001fae8", "می\u200cخواهم", "علی\u200cرضا", "ශ්\u200dරී", "क्\u200dष",
    "क्\u200cष", "र\u200d्याचेल", "র\u200d্যাচেল", "നന്\u200d", "क़ीं", "น้ำ", "ก็", "שָּׁלוֹם",
    "مُحَمَّدٌ", "Nguyễn Thị Ánh", "ᾅδης", "རྒྱུ", "ကျွန်ုပ်", "ខ្មែរ", "ಕೋಂ", "ひ゛", "Ada´s", "´",
]  # fmt: skip
UNWELCOME = [
    "\ufe0f", "Ada\ufe0f", "Ada\ufe0e", "1\ufe0f", "Ada\u200d", "Ada\u200c", "a\u200db", "a\u200cb",
    "\u200dAda", "می\u200c", "\u200cمی", "👩\u200d", "\u200d👩", "👩\u200d\u200d💻", "🦆\ufe0f\ufe0f",
    "Ada\U000e0067", "🏴\U000e0067\U000e007f", "🏴\U000e0067\U000e0062\U000e0065", "\u0301",
    "\u0301Ada", "Ada \u0301", "-\u0301", "🦆\u0301", "\u0e47", "\u0e34ก", "ก" + "\u0e47" * 31,
    "ก\u0e47\u0e49\u0e4d\u0e4c", "A" + "\u20dd" * 31, "A\u20dd", "a" + "\u0488" * 10, "a\u0488",
    "e\u0301\u0301", "a\u0316\u0317\u0318", "क" + "\u0947\u0948" * 15, "\U0001d159", "\U00016fe4",
    "\ufffc", "\u2800",
]  # fmt: skip


@pytest.mark.parametrize("name", WELCOME)
def test_what_scripts_and_emoji_need_is_welcome_in_names_and_titles(name: str) -> None:
    cleaned = clean_name(name)
    assert clean_name(cleaned) == cleaned
    assert clean_title(f"{name} and friends")
    assert cleaned == name


@pytest.mark.parametrize("name", UNWELCOME)
def test_what_cannot_be_seen_or_covers_its_neighbours_is_refused_in_names_and_titles(name: str) -> None:
    with pytest.raises(NameInvalid):
        clean_name(name)
    with pytest.raises(TitleInvalid):
        clean_title(f"{name} ")


def test_no_ignorable_character_is_a_name_or_ends_one() -> None:
    ignorable = [char for char in map(chr, range(0x110000)) if IGNORABLE.match(char)]
    assert len(ignorable) == 4178  # Default_Ignorable_Code_Point has 4,174, in Unicode 14 to 16
    for char in ignorable:
        for name in (char, f"Ada{char}", f"李{char}", f"{char}Ada"):
            with pytest.raises((NameInvalid, NameRequired)):
                clean_name(name)


def test_a_name_or_title_that_is_far_too_long_is_refused_before_it_is_normalised() -> None:
    for raw in ("a" + "\u0315" * 16_000 + "\u0300" * 16_000, " " * 65_000 + "x", "\u3000" * 129):
        with pytest.raises(NameInvalid, match="a name may have 32"):
            clean_name(raw)
    with pytest.raises(TitleInvalid, match="a title may have 80"):
        clean_title(" " * (4 * LONGEST_TITLE) + "x")


@pytest.mark.parametrize(
    "name", [ANONYMOUS, "Anonymous", "ANONYMOUS", "an0nymous", "аnоnуmоus", "a nonymous.", "anonyrnous"]
)
def test_no_seat_takes_the_name_of_those_who_have_none(name: str) -> None:
    with pytest.raises(NameInvalid):
        clean_seat_name(name)


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
    took = []
    for _ in range(6):
        start = time.thread_time()
        with pytest.raises(NameInvalid, match=f"{len(raw)} characters long; a name may have 32"):
            clean_name(raw)
        with pytest.raises(TitleInvalid, match=f"{len(raw)} characters long; a title may have 80"):
            clean_title(raw)
        took.append(time.thread_time() - start)
    assert min(took) < 0.005


def test_spaces_around_a_name_and_a_title_do_not_count() -> None:
    assert clean_name(" " * (LONGEST_RAW - 3) + "Ada") == "Ada"
    assert clean_title(" " * (LONGEST_RAW_TITLE - 3) + "Tea") == "Tea"
