"""Requirement 11: no seat can have a name that looks like another seat's, or that is invisible."""

from __future__ import annotations

import pytest

from .conftest import Visitor

SAME = ["ada", "ADA", " Ada ", "\uff21\uff44\uff41", "\U0001d400\U0001d41d\U0001d41a", "\u0410\u0501\u0430"]
UNSEEN = ["\u3164", "\u2800", "\u115f", "\u200b", "A\u200bda", "Ada\u202e", "\u0000Ada", "A\u0301\u0301\u0301da", ""]
UNSEEN += [
    "\ufe0f",
    "Ada\ufe0f",
    "Ada\u034f",
    "Ada\u17b4",
    "Ada\u180b",
    "Ada\U000e0100",
    "Ada\U00016fe4",
    "\U0001d159",
    "\u0301",
]
COVERING = ["ก" + "\u0e47" * 31, "A" + "\u20dd" * 31, "a" + "\u0488" * 10]
PAIRS = [
    ("TOM", "ТОМ"), ("BOB", "ΒΟΒ"), ("Hope", "Норе"), ("Alice", "AIice"), ("Ian", "lan"), ("Ilya", "llya"),
    ("AI", "Al"), ("Bob", "B0b"), ("Olga", "0lga"), ("mark", "rnark"), ("Bernie", "Bemie"), ("Dave", "clave"),
    ("Will", "vvill"), ("Ada Love", "Ada\u1680Love"), ("Grace", "Grace."), ("❤", "❤\ufe0f"),
]  # fmt: skip
MIXED = ["\u0410da", "Ad\u03b1", "\u0410d\u0430m"]


@pytest.mark.parametrize("name", SAME)
async def test_a_name_that_looks_like_a_seats_name_is_taken(ada: Visitor, room: dict[str, str], name: str) -> None:
    for path in ("/join", ""):
        answer = await ada("POST", f"/{room['code']}{path}", json={"name": name, "text": "hi"})
        assert (answer.status_code, (await answer.get_json())["code"]) == (409, "name_taken")


@pytest.mark.parametrize(("seated", "name"), PAIRS)
async def test_a_name_that_reads_like_a_seats_name_is_taken(
    ada: Visitor, mallory: Visitor, room: dict[str, str], seated: str, name: str
) -> None:
    assert (await ada("POST", f"/{room['code']}/join", json={"name": seated})).status_code == 201

    for path in ("/join", ""):
        answer = await mallory("POST", f"/{room['code']}{path}", json={"name": name, "text": "hi"})
        assert (answer.status_code, (await answer.get_json())["code"]) == (409, "name_taken")


@pytest.mark.parametrize("name", ["Anonymous", "anonymous", "an0nymous", "аnоnуmоus"])
async def test_the_name_of_those_without_a_name_is_nobodys(
    ada: Visitor, mallory: Visitor, room: dict[str, str], name: str
) -> None:
    for path, fields in ((f"/{room['code']}/join", {}), ("/rooms", {}), ("/", {"code": room["code"], "join": "1"})):
        answer = await mallory("POST", path, json={"name": name, **fields})
        assert (answer.status_code, (await answer.get_json())["code"]) == (422, "name_invalid")
    assert (await ada("POST", f"/{room['code']}", data="tea?")).status_code == 201


@pytest.mark.parametrize("name", UNSEEN + COVERING + MIXED)
async def test_a_name_that_cannot_be_seen_or_mixes_alphabets_is_refused(
    ada: Visitor, room: dict[str, str], name: str
) -> None:
    answer = await ada("POST", f"/{room['code']}/join", json={"name": name})

    assert answer.status_code == 422
    assert (await answer.get_json())["code"] in ("name_invalid", "name_required")


@pytest.mark.parametrize(
    "name", ["Zoë", "李小龍", "Алексей", "أمل", "Ada 2", "👩\u200d💻", "❤\ufe0f\u200d🔥", "علی\u200cرضا"]
)
async def test_honest_names_of_all_alphabets_are_welcome(ada: Visitor, room: dict[str, str], name: str) -> None:
    assert (await ada("POST", f"/{room['code']}/join", json={"name": name})).status_code == 201
