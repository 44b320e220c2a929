"""Questions: the first reply of a seat is the answer, and the question's row has it, for every reader."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chadchat.domain import edits, messages, moderation, questions
from chadchat.domain.asking import (
    Asking,
    WaitInvalid,
    asking_of,
    choices_of,
    in_words,
    seconds,
)
from chadchat.domain.imports import import_lines
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft, Stranger
from chadchat.domain.rooms import find
from chadchat.domain.transcript import line, markdown
from chadchat.errors import KeyReused, MessageNotFound, Muted, NotAllowed, OwnerRequired, SeatRequired
from chadchat.events import Event, to_json
from chadchat.live.ring import Ring
from chadchat.log.local import LocalLog
from chadchat.log.offline import writing
from chadchat.refusal import ChatError, DataError
from chadchat.storage.apply.questions import Answered, ChoicesInvalid, NoQuestion
from chadchat.storage.check import check

YES_OR_NO = Asking(("yes", "no"))


async def say(log: LocalLog, author: Seat | str, text: str, **draft: Any) -> Event:
    """Post as a seat, or without one under a name."""
    if isinstance(author, Seat):
        return (await messages.post(log, author.room, author.member, Draft(text, **draft), log.db)).event
    room, name = author.split("/", 1)
    return (await messages.post(log, room, Stranger("here"), Draft(text, name, **draft), log.db)).event


async def answer(log: LocalLog, seat: Seat, seq: int, text: str) -> Event:
    room = await find(log.db, seat.room)
    return (await questions.answer(log, log.db, room, seat.member, seq, Draft(text))).event


async def now_is(log: LocalLog, code: str, seq: int) -> Event:
    """The message as everybody reads it."""
    return await messages.one(log.db, await find(log.db, code), seq)


async def remove(log: LocalLog, seat: Seat, seq: int) -> Event:
    return (await messages.remove(log, log.db, await find(log.db, seat.room), seat.member, seq)).event


@pytest.fixture
async def asked(log: LocalLog, grace: Seat) -> Event:
    """A question of a program, without a seat."""
    return await say(log, f"{grace.room}/ci", "Deploy to prod?", asking=YES_OR_NO)


def test_a_wait_has_a_unit_and_is_from_one_second_to_one_hour() -> None:
    known = {"": 600, "1s": 1, "50s": 50, "10m": 600, "60m": 3600, "1h": 3600, "3600s": 3600}
    assert {given: seconds(given) for given in known} == known
    none = ["0s", "0", "1", "10", "61m", "2h", "3601s", "1d", "1y", "-1s", "1.5m", "10 m", "٣s", "1S", "ever"]
    for given in (*none, f"{'9' * 60}s"):
        with pytest.raises(WaitInvalid):
            seconds(given)
    assert [in_words(count) for count in (1, 50, 60, 90, 600, 3600)] == [
        "one second", "50 seconds", "one minute", "90 seconds", "10 minutes", "one hour",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("yes,no", ("yes", "no")),
        (" yes , no ", ("yes", "no")),
        ("a,b,c,d,e", ("a", "b", "c", "d", "e")),
        ("ja genau,nein!", ("ja genau", "nein!")),
        ("כן,לא", ("כן", "לא")),
        ("👍,👎", ("👍", "👎")),
        (f"{'x' * 40},y", ("x" * 40, "y")),
    ],
)
def test_choices_stand_between_commas(given: str, found: tuple[str, ...]) -> None:
    assert choices_of(given) == found


@pytest.mark.parametrize(
    "given",
    [
        "", "yes", ",", "yes,", ",yes,no", "a,b,c,d,e,f", "yes,YES", "é,e\u0301", "straße,STRASSE", f"{'x' * 41},y",
        "yes,n\0o", "yes\n,n\no", "yes,\x1b[31mno", "yes,\u202eon", "yes,\u200b", "yes,n\u200do\u2069", "yes, \u3000 ",
    ],
)  # fmt: skip
def test_hostile_choices_are_refused_with_a_sentence(given: str) -> None:
    if given == "yes,n\u200do\u2069":  # a joiner is part of some emoji; what turns the text is not
        assert choices_of("👩\u200d💻,no") == ("👩\u200d💻", "no")
    with pytest.raises(ChoicesInvalid) as refused:
        choices_of(given)
    assert refused.value.sentence.endswith((".", "yes,no"))


def test_an_address_asks_with_wait_or_with_choices() -> None:
    assert asking_of({}) is None
    assert asking_of({"from": "x"}) is None  # of other sites
    assert asking_of({"wait": ""}) == Asking()
    assert asking_of({"choices": "yes,no", "from": "owners"}) == Asking(("yes", "no"), owners=True)
    with pytest.raises(ChoicesInvalid):
        asking_of({"wait": "", "from": "ada"})
    with pytest.raises(WaitInvalid):
        asking_of({"wait": "1y", "choices": "yes,no"})


async def test_the_first_answer_stands_in_the_question(log: LocalLog, ada: Seat, grace: Seat, asked: Event) -> None:
    given = await say(log, ada, " YES", reply_to=asked.seq)
    late = await say(log, grace, "no", reply_to=asked.seq)

    assert (given.public()["answers"], given.public()["choice"], given.text) == (True, "yes", " YES")
    assert "answers" not in late.public()
    assert (await now_is(log, ada.room, asked.seq)).public()["answer"] == {
        "seq": given.seq, "name": "Ada", "member": ada.member.id, "text": "yes",
    }  # fmt: skip
    assert (await log.tail(ada.room, 1))[0].changes == late.changes


async def test_of_two_answers_at_once_exactly_one_counts(log: LocalLog, ada: Seat, grace: Seat, asked: Event) -> None:
    both = await asyncio.gather(say(log, ada, "yes", reply_to=asked.seq), say(log, grace, "no", reply_to=asked.seq))
    [won] = [event for event in both if "answers" in event.changes]
    assert (await now_is(log, ada.room, asked.seq)).changes["answer"]["seq"] == won.seq


async def test_no_outsider_asker_or_wrong_choice_answers(log: LocalLog, ada: Seat, grace: Seat) -> None:
    """They are replies. Who means to answer is told why it does not."""
    own = await say(log, ada, "Deploy?", asking=YES_OR_NO)
    await say(log, f"{ada.room}/mallory", "yes", reply_to=own.seq)
    await say(log, ada, "yes", reply_to=own.seq)
    await say(log, grace, "yes!", reply_to=own.seq)

    assert "answer" not in (await now_is(log, ada.room, own.seq)).changes
    head = (await find(log.db, ada.room)).head
    for seat, text, refusal in ((ada, "yes", NotAllowed), (grace, "yes!", ChoicesInvalid)):
        with pytest.raises(refusal):
            await answer(log, seat, own.seq, text)
    with pytest.raises(SeatRequired):
        await messages.post(log, ada.room, Stranger("here"), Draft("yes", "mallory", reply_to=own.seq, answering=True))
    assert (await find(log.db, ada.room)).head == head
    assert (await answer(log, grace, own.seq, "No")).changes["choice"] == "no"


async def test_a_muted_member_does_not_answer(log: LocalLog, ada: Seat, grace: Seat, asked: Event) -> None:
    person = await moderation.find_person(log.db, await find(log.db, ada.room), ada.member.id)
    await moderation.mute(log, ada.room, grace.member, person, timedelta(hours=1))
    for given in (answer(log, ada, asked.seq, "yes"), say(log, ada, "yes", reply_to=asked.seq)):
        with pytest.raises(Muted):
            await given
    assert "answer" not in (await now_is(log, ada.room, asked.seq)).changes


async def test_only_an_owner_answers_what_is_asked_of_owners(log: LocalLog, ada: Seat, grace: Seat) -> None:
    asked = await say(log, f"{ada.room}/ci", "Deploy?", asking=Asking(owners=True))
    reply = await say(log, ada, "yes", reply_to=asked.seq)
    with pytest.raises(OwnerRequired):
        await answer(log, ada, asked.seq, "yes")
    given = await say(log, grace, "any words\nat all", reply_to=asked.seq)

    assert "answers" not in reply.changes
    assert "choice" not in given.changes
    assert (asked.changes["from"], asked.changes["asks"]) == ("owners", True)
    assert (await now_is(log, ada.room, asked.seq)).changes["answer"]["text"] == "any words\nat all"


async def test_a_late_answer_is_refused_and_one_to_no_question_too(
    log: LocalLog, ada: Seat, grace: Seat, asked: Event
) -> None:
    given = await answer(log, ada, asked.seq, "yes")
    with pytest.raises(Answered, match=f"^Ada was faster: {asked.seq} is answered.$"):
        await answer(log, grace, asked.seq, "no")
    with pytest.raises(NoQuestion):
        await answer(log, grace, given.seq, "no")
    with pytest.raises(MessageNotFound):
        await answer(log, grace, 999, "no")


async def test_the_words_of_a_removed_answer_live_nowhere_and_the_question_stays_answered(
    log: LocalLog, ada: Seat, grace: Seat
) -> None:
    asked = await say(log, f"{ada.room}/ci", "Which token?", asking=Asking())
    given = await answer(log, ada, asked.seq, "hunter2")
    removal = await remove(log, ada, given.seq)

    assert removal.changes["question"] == asked.seq
    row = await now_is(log, ada.room, asked.seq)
    assert row.changes["answer"] == {"seq": given.seq, "name": "Ada", "member": ada.member.id, "text": None}
    assert all("hunter2" not in event.stored() for event in await log.tail(ada.room, 100))
    with pytest.raises(Answered):
        await answer(log, grace, asked.seq, "other")
    with pytest.raises(MessageNotFound):
        await questions.answer_to(log.db, await find(log.db, ada.room), row)


async def test_nothing_of_a_removed_question_is_left(log: LocalLog, ada: Seat, grace: Seat, asked: Event) -> None:
    given = await answer(log, ada, asked.seq, "yes")
    await remove(log, grace, asked.seq)
    assert (await now_is(log, ada.room, asked.seq)).changes == {"removed_by": "Grace"}
    removal = await remove(log, ada, given.seq)
    assert "question" not in removal.changes
    with pytest.raises(MessageNotFound):
        await questions.question(log.db, await find(log.db, ada.room), asked.seq)


async def test_what_was_answered_is_edited_no_more(log: LocalLog, ada: Seat, grace: Seat) -> None:
    own = await say(log, ada, "Deploy to stage?", asking=YES_OR_NO)
    room = await find(log.db, ada.room)
    await edits.edit(log, log.db, room, ada.member, own.seq, Draft("Deploy to prod?"), 1)
    kept = await now_is(log, ada.room, own.seq)
    assert (kept.text, kept.changes["choices"]) == ("Deploy to prod?", ["yes", "no"])
    given = await answer(log, grace, own.seq, "yes")

    for seat, seq in ((ada, own.seq), (grace, given.seq)):
        with pytest.raises(Answered):
            await edits.edit(log, log.db, room, seat.member, seq, Draft("something else"), 1)
        with pytest.raises(Answered):
            await edits.editable(log.db, room, seat.member, seq, 1)


async def test_the_same_key_is_the_same_question_whatever_has_happened(log: LocalLog, ada: Seat) -> None:
    ci, draft = f"{ada.room}/ci", {"key": "d42", "asking": YES_OR_NO}
    asked = await say(log, ci, "Deploy?", **draft)
    await answer(log, ada, asked.seq, "yes")
    assert (await say(log, ci, "Deploy?", **draft)).changes["answer"]["text"] == "yes"
    for other in (None, Asking(), Asking(("yes", "no"), owners=True), Asking(("no", "yes"))):
        with pytest.raises(KeyReused):
            await say(log, ci, "Deploy?", key="d42", asking=other)


async def test_the_ring_has_what_the_database_has(log: LocalLog, tmp_path: Path, ada: Seat, grace: Seat) -> None:
    """For each cursor, after acts in random order, and a check replays them to the same tables."""
    ring = Ring()
    for event in await log.read(ada.room, 0, 100):
        ring.append(event)

    def follow(events: Sequence[Event]) -> None:
        for event in events:
            ring.append(event)

    log.listen(follow)
    chance = random.Random(4)  # noqa: S311 - no secret
    asked: list[int] = []
    for number in range(80):
        seat, act = chance.choice((ada, grace)), chance.choice("aaarrrdde")
        seqs = [event.seq for event in await log.tail(ada.room, 40) if event.kind == "message"]
        try:
            if act == "a" or not asked:
                kind = chance.choice((Asking(), YES_OR_NO, Asking(("yes", "no"), owners=True)))
                asked.append((await say(log, seat, f"{number}?", asking=kind)).seq)
            elif act == "r":
                await say(log, seat, chance.choice(("yes", "NO", "else")), reply_to=chance.choice(asked[-4:]))
            elif act == "d":
                await remove(log, seat, chance.choice(seqs))
            else:
                room = await find(log.db, ada.room)
                await edits.edit(log, log.db, room, seat.member, chance.choice(seqs), Draft(f"{number}!"), 1)
        except ChatError:
            continue
    stored = await log.tail(ada.room, 1000)
    assert {"answer", "answers", "question"} <= {name for event in stored for name in event.changes}
    assert [event.public() for event in ring.events(0)] == [event.public() for event in stored]
    assert check(tmp_path / "data").faults == []


async def test_a_question_and_its_answer_say_so_in_text_which_no_name_can_forge(
    log: LocalLog, ada: Seat, grace: Seat, asked: Event
) -> None:
    given = await say(log, grace, "yes", reply_to=asked.seq)
    free = await say(log, ada, "Why?", asking=Asking())
    forged = await say(log, f"{ada.room}/ci (asks yes/no)", "hello")
    other = await say(log, f"{ada.room}/Grace (answers ci)", "hello")

    assert [line(event)[6:] for event in (asked, given, free, forged, other)] == [
        "ci (not joined) (asks yes/no): Deploy to prod?",
        "Grace (answers ci): yes",
        "Ada (asks): Why?",
        "ci \u00b7 yes/no) (not joined): hello",
        "Grace \u00b7 ci) (not joined): hello",
    ]
    assert markdown(await now_is(log, ada.room, asked.seq)).endswith("\nyes or no; Grace: yes\n")


async def test_an_import_keeps_questions_and_their_answers(
    log: LocalLog, tmp_path: Path, ada: Seat, grace: Seat, asked: Event
) -> None:
    """But no question whose answer was removed: it would be open again."""
    free = await say(log, ada, "Open?", asking=Asking(owners=True))
    gone = await say(log, ada, "Which token?", asking=Asking())
    secret = await answer(log, grace, gone.seq, "hunter2")
    given = await answer(log, ada, asked.seq, "yes")
    await remove(log, grace, secret.seq)
    seqs = [event.seq for event in (asked, free, gone, given)]
    lines = [to_json((await now_is(log, ada.room, seq)).public()) for seq in seqs]
    (tmp_path / "there").mkdir()
    with writing(tmp_path / "there", new=True) as offline:
        code = import_lines(offline, lines).code
    there = await LocalLog.open(tmp_path / "there")
    events = [event for event in await there.tail(code, 100) if event.kind == "message"]
    await there.close()

    shown = [{name: fact for name, fact in event.changes.items() if not name.startswith("reply")} for event in events]
    answered = {"seq": events[3].seq, "name": "Ada", "member": None, "text": "yes"}
    assert shown == [
        {"choices": ["yes", "no"], "answer": answered}, {"asks": True, "from": "owners"}, {},
        {"answers": True, "choice": "yes"},
    ]  # fmt: skip
    assert check(tmp_path / "there").faults == []


@pytest.mark.parametrize("choices", [["yes"], ["yes", "yes"], ["yes", "n,o", *"abcd"], ["yes", ""]])
async def test_an_import_of_what_no_question_has_is_refused(tmp_path: Path, choices: list[str]) -> None:
    line_ = {"kind": "message", "name": "ci", "text": "?", "at": "2026-11-22T12:00:00.000Z", "choices": choices}
    with pytest.raises(DataError, match=r"^Line 1: "), writing(tmp_path, new=True) as offline:
        import_lines(offline, [to_json(line_)])
