"""Requirement 11: nobody sits in a room under a name that people take for another's, or that they cannot see."""

from __future__ import annotations

import pytest

from .conftest import Visitor

SAME = ["ada", "ADA", " Ada ", "\uff21\uff44\uff41", "\U0001d400\U0001d41d\U0001d41a", "\u0410\u0501\u0430"]
UNSEEN = ["\u3164", "\u2800", "\u115f", "\u200b", "A\u200bda", "Ada\u202e", "\u0000Ada", "A\u0301\u0301\u0301da", ""]
MIXED = ["\u0410da", "Ad\u03b1", "\u0410d\u0430m"]


@pytest.mark.parametrize("name", SAME)
async def test_a_name_that_looks_like_a_seats_name_is_taken(ada: Visitor, room: dict[str, str], name: str) -> None:
    for path in ("/join", ""):
        answer = await ada("POST", f"/{room['code']}{path}", json={"name": name, "text": "hi"})
        assert (answer.status_code, (await answer.get_json())["code"]) == (409, "name_taken")


@pytest.mark.parametrize("name", UNSEEN + MIXED)
async def test_a_name_that_cannot_be_seen_or_mixes_alphabets_is_refused(
    ada: Visitor, room: dict[str, str], name: str
) -> None:
    answer = await ada("POST", f"/{room['code']}/join", json={"name": name})

    assert answer.status_code == 422
    assert (await answer.get_json())["code"] in ("name_invalid", "name_required")


@pytest.mark.parametrize("name", ["Zoë", "李小龍", "Алексей", "أمل", "Ada 2"])
async def test_honest_names_of_all_alphabets_are_welcome(ada: Visitor, room: dict[str, str], name: str) -> None:
    assert (await ada("POST", f"/{room['code']}/join", json={"name": name})).status_code == 201
