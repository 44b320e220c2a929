"""Replies: a message names the one that it answers, and holds none of its words."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from chadchat.domain import edits, export, imports, members, messages, replies, rooms
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft, Stranger
from chadchat.domain.rooms import Room, find
from chadchat.errors import KeyReused, MessageNotFound, RoomNotFound
from chadchat.events import Event
from chadchat.kinds import rewritten
from chadchat.log.local import LocalLog
from chadchat.log.offline import writing
from chadchat.paths import folder
from chadchat.storage.check import check


async def say(log: LocalLog, seat: Seat, text: str, **draft: Any) -> Event:
    return (await messages.post(log, seat.room, seat.member, Draft(text, **draft))).event


async def remove(log: LocalLog, seat: Seat, seq: int) -> None:
    await messages.remove(log, log.db, await find(log.db, seat.room), seat.member, seq)


@pytest.fixture
async def tea(log: LocalLog, grace: Seat) -> Event:
    """A message of Grace's."""
    return await say(log, grace, "tea?")


async def now_is(log: LocalLog, room: Room, seq: int) -> Event:
    """The message as everybody reads it."""
    return await messages.one(log.db, room, seq)


async def listed(log: LocalLog, room: Room, seq: int) -> list[str | None]:
    """The texts of the replies to a message."""
    room = await find(log.db, room.code)
    return [event.text for event in (await messages.messages_before(log.db, room, to=seq)).events]


async def test_a_reply_names_its_target_and_its_author_and_has_none_of_the_words(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tea: Event
) -> None:
    reply = await say(log, ada, "yes", reply_to=tea.seq)

    assert reply.public() == {
        "room": room.code,
        "seq": reply.seq,
        "cursor": reply.cursor,
        "kind": "message",
        "name": "Ada",
        "member": ada.member.id,
        "text": "yes",
        "reply_to": tea.seq,
        "reply_name": "Grace",
        "reply_member": grace.member.id,
        "at": reply.at,
    }
    assert "tea" not in reply.stored()
    assert await now_is(log, room, reply.seq) == reply
    assert await listed(log, room, tea.seq) == ["yes"]


async def test_a_reply_to_a_reply_is_a_reply(log: LocalLog, room: Room, grace: Seat, ada: Seat, tea: Event) -> None:
    first = await say(log, ada, "yes", reply_to=tea.seq)
    second = await say(log, ada, "at five?", reply_to=first.seq)  # to oneself

    assert (second.changes["reply_to"], second.changes["reply_name"]) == (first.seq, "Ada")
    assert await listed(log, room, tea.seq) == ["yes"]
    assert await listed(log, room, first.seq) == ["at five?"]


async def test_who_has_no_seat_replies_and_is_replied_to(log: LocalLog, room: Room, ada: Seat, tea: Event) -> None:
    asked = (await messages.post(log, room.code, None, Draft("deploy?", name="ci", reply_to=tea.seq))).event
    answer = await say(log, ada, "yes", reply_to=asked.seq)

    assert asked.changes["reply_name"] == "Grace"
    assert (answer.changes["reply_name"], answer.changes["reply_member"]) == ("ci", None)


@pytest.mark.parametrize("target", ["none", "future", "own", "join", "removed", "pruned", "elsewhere"])
async def test_what_is_no_message_here_cannot_be_replied_to(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tea: Event, target: str
) -> None:
    other = await rooms.create(log, log.db, "Mallory")
    there = [await say(log, other, f"here {count}") for count in range(9)][-1]
    head = (await find(log.db, room.code)).head
    if target == "removed":
        await remove(log, grace, tea.seq)
    if target == "pruned":
        await log.append(Event(room.code, "prune", tea.at, changes={"before": tea.seq + 1}))
    number = {"none": 999, "future": head + 2, "own": head + 1, "join": 1, "elsewhere": there.seq}
    with pytest.raises(MessageNotFound):
        await say(log, ada, "yes", reply_to=number.get(target, tea.seq), key="k1")

    said = [event.text for event in await log.tail(room.code, 20) if event.kind == "message"]
    assert "yes" not in said
    assert (await say(log, ada, "yes", key="k1")).text == "yes"  # the refused reply has not used its key


async def test_an_outsider_learns_nothing_of_a_locked_room_by_replying(
    log: LocalLog, room: Room, grace: Seat, tea: Event
) -> None:
    await log.append(
        Event(room.code, "room", tea.at, "Grace", grace.member.id, changes={"lock": "approval"}),
    )
    for target in (tea.seq, 999):
        with pytest.raises(RoomNotFound):
            await messages.post(log, room.code, Stranger("mallory"), Draft("yes", reply_to=target))


async def test_a_key_covers_the_target_and_a_retry_is_answered_though_the_target_has_gone(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tea: Event
) -> None:
    first = await say(log, ada, "yes", reply_to=tea.seq, key="k1")
    other = await say(log, grace, "coffee?")
    with pytest.raises(KeyReused):
        await say(log, ada, "yes", reply_to=other.seq, key="k1")
    with pytest.raises(KeyReused):
        await say(log, ada, "yes", key="k1")
    with pytest.raises(KeyReused):  # the words of one are not taken for the number of the other
        await say(log, ada, f"{tea.seq}yes", key="k1")
    await remove(log, grace, tea.seq)
    again = await messages.post(log, room.code, ada.member, Draft("yes", key="k1", reply_to=tea.seq))

    assert not again.fresh
    assert again.event.seq == first.seq


async def test_the_name_stays_as_it_was_said(log: LocalLog, room: Room, grace: Seat, ada: Seat, tea: Event) -> None:
    reply = await say(log, ada, "yes", reply_to=tea.seq)
    await members.rename(log, room.code, grace.member, "Grace Hopper")
    later = await say(log, ada, "now", reply_to=tea.seq)

    assert (await now_is(log, room, reply.seq)).changes["reply_name"] == "Grace"
    assert later.changes["reply_name"] == "Grace"  # as the line that it leads to says
    assert later.changes["reply_member"] == grace.member.id


async def test_removed_words_are_in_no_quote_and_the_reply_stays(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tea: Event, tmp_path: Path
) -> None:
    reply = await say(log, ada, "yes", reply_to=tea.seq)
    assert await replies.quotes(log.db, room, [reply]) == {tea.seq: "tea?"}
    await remove(log, grace, tea.seq)

    assert await replies.quotes(log.db, room, [reply]) == {tea.seq: None}
    assert await replies.answerable(log.db, room, tea.seq) is None
    assert await listed(log, room, tea.seq) == ["yes"]
    assert await now_is(log, room, reply.seq) == reply
    await log.close()
    assert b"tea?" not in (tmp_path / "data" / "chadchat.sqlite3").read_bytes()


async def test_a_removed_reply_is_no_reply_any_more(
    log: LocalLog, room: Room, ada: Seat, tea: Event, tmp_path: Path
) -> None:
    reply = await say(log, ada, "yes", reply_to=tea.seq)
    await remove(log, ada, reply.seq)

    assert await listed(log, room, tea.seq) == []
    assert "reply_to" not in (await now_is(log, room, reply.seq)).public()
    assert check(tmp_path / "data").faults == []


async def test_an_edited_reply_stays_a_reply_also_in_the_frame_of_the_edit(
    log: LocalLog, room: Room, ada: Seat, tea: Event
) -> None:
    reply = await say(log, ada, "yes", reply_to=tea.seq)
    edit = (await edits.edit(log, log.db, room, ada.member, reply.seq, Draft("no"), 24)).event
    kept, framed = await now_is(log, room, reply.seq), rewritten(edit)

    assert framed is not None
    assert framed.public() == kept.public()
    assert kept.changes["reply_to"] == tea.seq
    await remove(log, ada, reply.seq)
    assert [event.detail.get("facts") for event in await log.tail(room.code, 9) if event.kind == "edit"] == [None]


async def test_a_quote_has_the_words_of_now(log: LocalLog, room: Room, grace: Seat, ada: Seat, tea: Event) -> None:
    reply = await say(log, ada, "yes", reply_to=tea.seq)
    await edits.edit(log, log.db, room, grace.member, tea.seq, Draft("milk?"), 24)

    assert await replies.quotes(log.db, room, [reply]) == {tea.seq: "milk?"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tea at **five**?\n\n- or\n- six & <b>", "tea at five? or six & <b>"),
        ("`<script>`", "<script>"),
        ("x" * 81, "x" * 80 + "…"),
        ("x" * 80, "x" * 80),
        ("x" * 79 + " y", "x" * 79 + "…"),
        ("\U0001f375" * 81, "\U0001f375" * 80 + "…"),
        ("\u202egnirts\u2066 a\u2069\u2069 b", "gnirts a b"),
        ("see [this](http://x.test/" + "a" * 2000 + ")", "see this"),
    ],
)
async def test_a_quote_is_one_line_of_80_characters(
    log: LocalLog, room: Room, ada: Seat, text: str, shown: str
) -> None:
    target = await say(log, ada, text)
    reply = await say(log, ada, "yes", reply_to=target.seq)

    assert await replies.quotes(log.db, room, [reply]) == {target.seq: shown}


async def test_pruning_takes_the_rows_and_a_replay_gives_the_same_tables(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tea: Event, tmp_path: Path
) -> None:
    old = [await say(log, ada, f"yes {count}", reply_to=tea.seq) for count in range(120)]
    kept = await say(log, ada, "to the last", reply_to=old[-1].seq)
    before = old[-1].seq
    await log.append(Event(room.code, "prune", tea.at, changes={"before": before}))
    rows = "SELECT target, seq FROM {} ORDER BY 1, 2"

    assert check(tmp_path / "data").faults == []  # cut off, and not removed yet
    assert await log.db.all(rows.format("replies")) == [(before, kept.seq)]
    while await log.trim(room.code, tea.at):
        assert check(tmp_path / "data").faults == []
    assert await log.db.all(rows.format("base_replies")) == []
    assert (await now_is(log, await find(log.db, room.code), old[-1].seq)).changes["reply_to"] == tea.seq
    assert await replies.quotes(log.db, await find(log.db, room.code), old[-1:]) == {}
    assert check(tmp_path / "data").faults == []


async def test_export_and_import_keep_the_pair_and_drop_what_the_file_has_not(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tea: Event, tmp_path: Path
) -> None:
    gone = await say(log, grace, "gone")
    await say(log, ada, "to what is gone", reply_to=gone.seq)
    first = await say(log, ada, "yes", reply_to=tea.seq)
    await say(log, grace, "no", reply_to=first.seq)
    await remove(log, grace, gone.seq)
    as_lines = export.formats(Environment(autoescape=True, loader=FileSystemLoader(folder("templates"))))["jsonl"]
    parts = export.export(log.db, await find(log.db, room.code), as_lines)
    lines = "".join([part async for _, part in parts]).splitlines()
    await log.close()

    with writing(tmp_path / "data") as opened:
        code = imports.import_lines(opened, [*lines, forged(lines[-1])]).code
    reopened = await LocalLog.open(tmp_path / "data")
    kept = [event for event in await reopened.tail(code, 20) if event.kind == "message"]
    await reopened.close()
    there = {event.text: event for event in kept}
    assert there["yes"].changes == {"reply_to": there["tea?"].seq, "reply_name": "Grace", "reply_member": None}
    assert there["no"].changes["reply_to"] == there["yes"].seq
    assert there["yes"].seq != first.seq
    assert "reply_to" not in there["to what is gone"].changes
    assert "reply_to" not in there["forged"].changes
    assert check(tmp_path / "data").faults == []


def forged(line: str) -> str:
    """A message in its place that replies to a line which is no message."""
    return json.dumps({**json.loads(line), "kind": "message", "text": "forged", "reply_to": 1})


async def test_a_thousand_replies_to_one_message_cost_a_page_one_look_at_it(
    log: LocalLog, room: Room, ada: Seat, tea: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.gather(*(say(log, ada, f"yes {count}", reply_to=tea.seq) for count in range(1000)))
    found = await find(log.db, room.code)
    page = await messages.before(log.db, found)
    listing = await messages.messages_before(log.db, found, to=tea.seq)
    asked: list[tuple[str, Any]] = []
    ask = log.db.all

    async def counting(sql: str, parameters: Any = ()) -> list[Any]:
        asked.append((sql, parameters))
        return await ask(sql, parameters)

    monkeypatch.setattr(log.db, "all", counting)
    assert await replies.quotes(log.db, found, page.events) == {tea.seq: "tea?"}
    ((sql, parameters),) = asked
    plan = [str(step[-1]) for step in await ask(f"EXPLAIN QUERY PLAN {sql}", parameters)]

    assert len(page.events) == 50
    assert [step.partition(" (")[0] for step in plan] == ["SEARCH log USING PRIMARY KEY"]
    assert [event.text for event in listing.events] == [f"yes {count}" for count in range(950, 1000)]
    assert listing.older == listing.events[0].seq
