"""Mentions: `@name` in a message names the members whom it is for, as people see names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chadchat.domain import edits, export, imports, members, mentions, messages, moderation, rooms
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.rooms import Room, find
from chadchat.events import Event
from chadchat.live.ring import Ring
from chadchat.log.local import LocalLog
from chadchat.log.offline import writing
from chadchat.storage.check import check

NAMES = ("Ada", "Ada Lovelace", "Adalbert", "Jo.Ann", "D'Arcy", "田中", "Ian (ops)", "a@b")


@pytest.fixture
async def seats(log: LocalLog, grace: Seat) -> dict[str, str]:
    """The ids of the members of Grace's room, by name."""
    taken = [await members.take_seat(log, grace.room, name) for name in NAMES]
    return {seat.member.name: seat.member.id for seat in taken} | {"Grace": grace.member.id, "here": "here"}


async def said(log: LocalLog, seat: Seat, text: str) -> Event:
    return (await messages.post(log, seat.room, seat.member, Draft(text), log.db)).event


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Ada", ["Ada"]),
        ("tea, @ada?", ["Ada"]),
        ("**@Ada**, (@Grace)!", ["Ada", "Grace"]),
        ("@Ada @Grace @Ada", ["Ada", "Grace"]),
        ("@Ada Lovelace", ["Ada Lovelace"]),
        ("@Ada: Lovelace", ["Ada"]),
        ("@ada  lovelace is", ["Ada Lovelace"]),
        ("@Ada\nLovelace", ["Ada"]),
        ("@Ada's tea", ["Ada"]),
        ("@Ada\u30fc @Ada\u3055\u3093 @\u7530\u4e2d\u3055\u3093", ["Ada", "\u7530\u4e2d"]),
        ("\u4f60\u597d@Ada", ["Ada"]),
        ("@Ada\U0001f389", ["Ada"]),
        ("@Adalbert", ["Adalbert"]),
        ("@Adalberta @Ada-Marie @Ada_x @Ada.x @Adal", []),
        ("@jo.ann @D'Arcy @darcy", ["Jo.Ann", "D'Arcy"]),
        ("@Ian (ops) hi", ["Ian (ops)"]),
        ("@\u0410da", ["Ada"]),  # a Cyrillic letter that looks the same
        ("ada@Ada.example mail@ada", []),
        ("mailto:x@ada.example https://a.example/@Ada https://Ada@a.example/", []),
        ("`@Ada` and\n```\n@Ada\n```\n\n    @Ada", ["Ada"]),  # four spaces are no code here
        ("```\n@Ada", []),
        ("[@Ada](https://a.example/)", []),
        ("- @Ada\n> @Grace", ["Ada", "Grace"]),
        ("@ Ada, @, @@Ada", []),
        ("@Mallory", []),
        ("@here", ["here"]),
        ("a@here", []),
    ],
)
async def test_a_mention_is_a_name_after_an_at_sign(
    log: LocalLog, grace: Seat, seats: dict[str, str], text: str, names: list[str]
) -> None:
    event = await said(log, grace, text)

    assert event.mentions == [seats[name] for name in names]
    assert event.public().get("mentions", []) == event.mentions
    assert event.text == text


async def test_the_html_marks_the_whole_name_and_who_it_is(log: LocalLog, grace: Seat, seats: dict[str, str]) -> None:
    event = await said(log, grace, "**@ada lovelace**, @Ian (ops) & `@Ada`")

    assert event.html == (
        f'<p><strong><span class="mention" data-to="{seats["Ada Lovelace"]}">@ada lovelace</span></strong>, '
        f'<span class="mention" data-to="{seats["Ian (ops)"]}">@Ian (ops)</span> &amp; <code>@Ada</code></p>'
    )


@pytest.mark.parametrize("text", ["\x1b[31m@Ada\x1b[0m", "a@b\x1b[K", "[@Ada](" * 200 + "\x1b[1m"])
async def test_the_colours_of_a_terminal_are_left_out_beside_an_at_sign_too(
    log: LocalLog, grace: Seat, text: str
) -> None:
    message = await said(log, grace, text)

    assert "\x1b" not in (message.html or "\x1b")
    assert message.text == text


async def test_only_an_owner_mentions_all_who_are_here(log: LocalLog, grace: Seat, ada: Seat) -> None:
    assert (await said(log, grace, "@Here")).mentions == ["here"]
    assert (await said(log, ada, "@here")).mentions == []
    loose = await messages.post(log, grace.room, None, Draft("@here @Ada", name="curl"), log.db)
    assert loose.event.mentions == [ada.member.id]


async def test_at_most_twenty_places_are_looked_at(log: LocalLog, grace: Seat, ada: Seat) -> None:
    event = await said(log, grace, "@nobody " * 19 + "@Ada @Grace")

    assert event.mentions == [ada.member.id]


async def test_a_text_that_is_shown_as_it_came_mentions_too(log: LocalLog, grace: Seat, ada: Seat) -> None:
    event = await said(log, grace, "@Ada <b>\n" + "[://" * 500)

    assert event.mentions == [ada.member.id]
    assert (event.html or "").startswith(
        f'<p><span class="mention" data-to="{ada.member.id}">@Ada</span> &lt;b&gt;<br>[://'
    )


async def test_a_post_without_an_at_sign_reads_nothing(
    log: LocalLog, grace: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentions, "_seats", None)

    assert (await said(log, grace, "tea?")).mentions == []


async def test_only_seats_of_this_room_are_mentioned(log: LocalLog, grace: Seat, ada: Seat, room: Room) -> None:
    assert (await rooms.create(log, log.db, "Mallory")).room != grace.room
    assert (await said(log, grace, "@Mallory")).mentions == []

    renamed, _ = await members.rename(log, grace.room, ada.member, "Ida")
    assert (await said(log, grace, "@Ada @Ida")).mentions == [ada.member.id]
    await moderation.kick(log, grace.room, grace.member, await moderation.find_person(log.db, room, renamed.id))
    assert (await said(log, grace, "@Ida")).mentions == []


async def test_an_edit_has_its_own_mentions_and_those_before_are_nowhere(
    log: LocalLog, grace: Seat, ada: Seat, room: Room
) -> None:
    ring = Ring()
    first = await said(log, grace, "@Ada tea?")
    for event in await log.tail(grace.room, 20):
        ring.append(event)
    for text, ids in (("@Grace tea?", [grace.member.id]), ("@Grace and @Ada", [grace.member.id, ada.member.id])):
        edit = (await edits.edit(log, log.db, room, grace.member, first.seq, Draft(text), 24)).event
        ring.append(edit)
        assert (edit.mentions, (await messages.one(log.db, room, first.seq)).mentions) == (ids, ids)
    plain = (await edits.edit(log, log.db, room, grace.member, first.seq, Draft("tea?"), 24)).event
    ring.append(plain)

    kept = await log.tail(grace.room, 4)
    assert [event.mentions for event in kept] == [[], [], [], []]
    assert [event.public() for event in ring.events(ring.tail)[-4:]] == [event.public() for event in kept]


async def test_a_removed_message_mentions_nobody(log: LocalLog, grace: Seat, ada: Seat, room: Room) -> None:
    event = await said(log, grace, "@Ada")
    assert event.mentions == [ada.member.id]
    await messages.remove(log, log.db, room, grace.member, event.seq)

    assert (await messages.one(log.db, room, event.seq)).public() == {
        **{key: value for key, value in event.public().items() if key != "mentions"},
        "text": None,
        "removed_by": "Grace",
    }


async def test_a_replay_gives_the_same_and_an_import_leaves_mentions_out(
    log: LocalLog, grace: Seat, ada: Seat, tmp_path: Path
) -> None:
    await said(log, grace, "@Ada")
    form = export.ExportFormat("", lambda room: "", lambda day: "", lambda event, _: f"{json.dumps(event.public())}\n")
    room = await find(log.db, grace.room)
    lines = "".join([part async for _, part in export.export(log.db, room, form)]).splitlines()
    await log.close()
    assert check(tmp_path / "data").faults == []

    with writing(tmp_path / "data") as opened:
        code = imports.import_lines(opened, lines).code
    reopened = await LocalLog.open(tmp_path / "data")
    [imported] = [event for event in await reopened.tail(code, 9) if event.kind == "message"]
    await reopened.close()
    assert json.loads(lines[-1])["mentions"] == [ada.member.id]
    assert (imported.text, imported.html, imported.mentions) == ("@Ada", "<p>@Ada</p>", [])
