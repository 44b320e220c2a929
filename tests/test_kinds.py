"""Each kind of event has a row, a rule and a line in docs/api.md, and each notice has the right words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from chadchat.events import Event
from chadchat.kinds import KINDS, Ending, Kind, kind_of, notice
from chadchat.storage.apply import RULES

CONTRACT = Path(__file__).parent.parent / "docs" / "api.md"
AT = "2026-11-22T12:00:00.123Z"
ON_ADA = {"target": "7f3a", "whom": "Ada"}
REMOVED = {"target": 128, "whom": "Ada", "posted": AT}
UNTIL = {"until": "2026-11-23T12:00:00.123Z"}


def event(kind: str, name: str | None = "Grace", **parts: Any) -> Event:
    return Event(room="KQZF", kind=kind, at=AT, name=name, member="9c01" if name else None, seq=130, **parts)


def documented() -> dict[str, str]:
    """By kind whether the contract calls it a line or a change: the first two cells of its table of kinds."""
    section = CONTRACT.read_text().split("\n## Kinds\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.MULTILINE))


def test_a_kind_has_a_row_a_rule_and_a_line_in_the_contract() -> None:
    assert KINDS.keys() == RULES.keys()
    assert documented() == {name: "line" if kind.line else "change" for name, kind in KINDS.items()}


SENTENCES: list[tuple[str, str | None, dict[str, Any], str]] = [
    ("room", "Grace", {}, "Grace opened the room"),
    ("room", "Grace", {"title": "Tea"}, "Grace named the room “Tea”"),
    ("room", "Grace", {"title": "{whom}"}, "Grace named the room “{whom}”"),
    ("room", "Grace", {"title": ""}, "Grace took the room's name away"),
    ("room", "Grace", {"slow": 30}, "Grace turned slow mode on: one message every 30 s"),
    ("room", "Grace", {"slow": 0}, "Grace turned slow mode off"),
    ("room", "Grace", {"read_only": True}, "Grace made the room read-only"),
    ("room", "Grace", {"read_only": False}, "Grace opened the room for posts"),
    ("room", "Grace", {"typing": False}, "Grace had it no longer shown who is typing"),
    ("room", "Grace", {"typing": True}, "Grace had it shown who is typing"),
    ("room", "Grace", {"files": False}, "Grace turned files off"),
    ("room", "Grace", {"files": True}, "Grace turned files on"),
    ("room", "Grace", {"lock": "passphrase"}, "Grace locked the room with a passphrase"),
    ("room", "Grace", {"lock": "approval"}, "Grace locked the room: owners let people in"),
    ("room", "Grace", {"lock": None}, "Grace unlocked the room"),
    ("room", "Grace", {"keep_days": 7}, "Grace changed how long messages are kept"),
    ("room", "Grace", {"keep_events": 100}, "Grace changed how long messages are kept"),
    ("room", "Grace", {"keep_days": 7, "keep_events": 100}, "Grace changed how long messages are kept"),
    ("room", "Grace", {"closed": True}, "Grace closed the room"),
    ("room", "Grace", {"slow": 0, "lock": None}, "Grace turned slow mode off and unlocked the room"),
    ("room", None, {}, "This room was imported."),
    ("room", None, {"of a later version": True}, "This room was changed."),
    ("room", None, {"closed": True}, "This room was closed."),
    ("room", None, {"restored": True}, "This room was restored from a backup."),
    ("room", None, {"keep_days": 7}, "How long messages are kept was changed."),
    ("room", None, {"keep_events": 100}, "How many messages are kept was changed."),
    ("room", "Grace", {"edits": 12}, "Grace let messages be edited for 12 hours"),
    ("room", "Grace", {"edits": 1}, "Grace let messages be edited for one hour"),
    ("room", "Grace", {"edits": 0}, "Grace turned off the editing of messages"),
    ("room", "Grace", {"edits": None}, "Grace let messages be edited for as long as on this server"),
    ("room", None, {"edits": 0}, "How long messages can be edited was changed."),
    ("room", None, {"title": "Tea"}, "The title was changed."),
    ("join", "Ada", {}, "Ada has entered the room"),
    ("join", "Ada L", {"was": "Ada"}, "Ada L has entered the room in place of Ada"),
    ("leave", "Ada", {}, "Ada has left the room"),
    ("rename", "Ada L", {"was": "Ada"}, "Ada L is the new name of Ada"),
    ("leave", "Ada", {"unused_days": 180}, "Ada has left the room: not here for 180 days"),
    ("prune", None, {"before": 12}, "Older messages were removed."),
    ("remove", "Grace", REMOVED, "Grace removed a message of Ada"),
    ("edit", "Ada", {"target": 128}, "Ada edited a message"),
    ("react", "Ada", {"target": 128}, "Ada reacted to a message"),
    ("expire", None, {"target": 128}, "A file has expired."),
    ("move", "Grace", {}, "Grace gave the room a new code"),
    ("owner", "Grace", {**ON_ADA, "owner": True}, "Grace made Ada an owner"),
    ("owner", "Grace", {**ON_ADA, "owner": False}, "Grace made Ada an ordinary member"),
    ("owner", None, {**ON_ADA, "owner": True}, "The operator made Ada an owner."),
    ("kick", "Grace", ON_ADA, "Grace kicked Ada out of the room"),
    ("ban", "Grace", {**ON_ADA, **UNTIL}, "Grace banned Ada until 2026-11-23 12:00 UTC"),
    ("unban", "Grace", {"target": 5, "whom": "Ada"}, "Grace lifted the ban of Ada"),
    ("mute", "Grace", {**ON_ADA, **UNTIL}, "Grace muted Ada until 2026-11-23 12:00 UTC"),
    ("unmute", "Grace", ON_ADA, "Grace let Ada speak again"),
    ("link", "Grace", {"grants": "read"}, "Grace made a link that reads"),
    ("link", None, {"grants": "owner"}, "The operator made a link for an owner."),
    ("unlink", "Grace", {"target": 5}, "Grace took a link back"),
    ("knock", "Ada", {}, "Ada knocks"),
    ("admit", "Grace", {"target": 5, "whom": "Ada", "member_id": "7f3a"}, "Grace let Ada in"),
    ("deny", "Grace", {"target": 5, "whom": "Ada"}, "Grace left Ada outside"),
    ("transfer", "Ada", {}, "Ada made a link for another device"),
    ("device", "Ada", {}, "Ada came in on another device"),
    ("signout", "Ada", {}, "Ada signed out the other devices"),
]


@pytest.mark.parametrize(("kind", "name", "changes", "sentence"), SENTENCES)
def test_a_notice_says_what_happened(kind: str, name: str | None, changes: dict[str, Any], sentence: str) -> None:
    said = notice(event(kind, name, changes=changes))

    assert f"{name or ''} {said}".strip() == sentence
    assert said.whom == (changes.get("whom") or changes.get("was", "")), "a page isolates this name"


def test_every_kind_but_a_message_has_its_sentences() -> None:
    assert {kind for kind, *_ in SENTENCES} == KINDS.keys() - {"message"}


def test_the_list_of_people_is_announced_when_it_changes() -> None:
    assert {name for name, kind in KINDS.items() if kind.people} == {
        "join",
        "leave",
        "rename",
        "owner",  # the list says who owns the room
        "kick",
        "ban",
    }


def test_a_room_is_remembered_through_messages_changes_comings_goings_and_new_names() -> None:
    kept = {"message", "edit", "react", "expire", "join", "leave", "rename", "transfer", "device", "signout"}

    assert {name for name, kind in KINDS.items() if not kind.room} == kept
    assert Kind("new", None).room
    assert kind_of(event("of a later version")).room


READERS: dict[str, tuple[str | None, int | None, str]] = {
    "ada": ("7f3a", None, "here"),
    "grace": ("9c01", None, "there"),
    "link": (None, 5, "elsewhere"),
    "stranger": (None, None, "here"),
}


def ended_by(kind: str, parts: dict[str, Any]) -> tuple[set[str], Ending | None]:
    """The readers whose streams an event ends."""
    happened = event(kind, **parts)
    ends = kind_of(happened).ends
    ending = ends(happened) if ends else None
    return {reader for reader, holder in READERS.items() if ending and ending.leaves(*holder)}, ending


@pytest.mark.parametrize(
    ("kind", "parts", "readers", "seat"),
    [
        ("kick", {"changes": ON_ADA}, {"ada"}, ("7f3a", "Ada")),
        ("ban", {"changes": {**ON_ADA, **UNTIL}, "detail": {"address": "here"}}, {"ada", "stranger"}, ("7f3a", "Ada")),
        ("ban", {"changes": {**ON_ADA, **UNTIL}, "detail": {"address": None}}, {"ada"}, ("7f3a", "Ada")),
        (
            "ban",
            {"changes": {"target": None, "whom": "Mallory", **UNTIL}, "detail": {"address": "here"}},
            {"stranger"},
            None,
        ),
        ("join", {"changes": {"was": "Ada"}, "detail": {"replaces": "7f3a"}}, {"ada"}, ("7f3a", "Ada")),
        ("leave", {"detail": {"gives_up_seat": True}}, {"grace"}, ("9c01", "Grace")),
        ("unlink", {"changes": {"target": 5}}, {"link"}, None),
        ("move", {"detail": {"to": "UMUC"}}, {"ada", "grace", "link", "stranger"}, None),
        ("signout", {}, {"grace"}, None),
        ("room", {"changes": {"lock": "approval"}}, {"stranger"}, None),
    ],
)
def test_an_event_ends_the_streams_of_those_who_may_not_read_on(
    kind: str, parts: dict[str, Any], readers: set[str], seat: tuple[str, str] | None
) -> None:
    ended, ending = ended_by(kind, parts)

    assert ended == readers
    assert ending
    assert ending.seat == seat
    assert ending.reason == ("leave" if kind == "join" else "")


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("message", {"text": "tea?"}),
        ("join", {}),
        ("leave", {}),
        ("room", {"changes": {"lock": None}}),
        ("room", {"changes": {"title": "Tea"}}),
        ("mute", {"changes": {**ON_ADA, **UNTIL}}),
    ],
)
def test_other_events_end_no_stream(kind: str, parts: dict[str, Any]) -> None:
    assert ended_by(kind, parts) == (set(), None)


def test_what_frees_room_or_protects_people_needs_none() -> None:
    needs = {"message", "edit", "react", "join", "rename", "link", "knock", "admit", "transfer", "device"}

    assert {name for name, kind in KINDS.items() if not kind.spared} == needs
    assert not Kind("new", None).spared
