"""Look-alikes: names that look the same count as one, and ordinary names do not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Final

import pytest

from chadchat.domain import knocks, members, messages, moderation, room_settings, rooms
from chadchat.domain.lookalikes import alike, former, looks
from chadchat.domain.members import Seat, take_seat
from chadchat.domain.messages import Draft, Stranger
from chadchat.domain.names import clean_name
from chadchat.domain.passphrases import Passphrases
from chadchat.errors import Banned, NameTaken
from chadchat.events import Event
from chadchat.log.local import LocalLog
from chadchat.storage.check import check

SAME: Final = [
    ("TOM", "ТОМ"), ("BOB", "ΒΟΒ"), ("MAX", "МАХ"), ("Max", "Мах"), ("Hope", "Норе"), ("KATE", "КАТЕ"), ("MIA", "МІА"),
    ("Alice", "AIice"), ("Ian", "lan"), ("AI", "Al"), ("BiII", "Bill"), ("Will", "WiIl"), ("llya", "Ilya"),
    ("B0b", "Bob"), ("B0B", "Bob"), ("Olga", "0lga"), ("a1ice", "Alice"), ("A|ice", "Alice"),
    ("rnark", "mark"), ("modern", "modem"), ("Bernie", "Bemie"), ("clave", "dave"), ("clave", "Dave"),
    ("cIave", "dave"), ("c1ave", "Dave"), ("vvill", "will"), ("VVill", "Will"),
    ("Ada Love", "Ada\u1680Love"), ("Ada", "ada"), ("A d a", "Ada"), ("Ada.", "Ada"), ("Ada'", "Ada"), ("Ada`", "Ada"),
    ("Ada´", "Ada"), ("\u02bcAda", "Ada"), ("-Ada-", "Ada"), ("A_d_a", "Ada"), ("@Ada", "Ada"), ("Ada’s", "Adas"),
    ("İlker", "Ilker"), ("İlker", "ilker"), ("Straße", "STRASSE"), ("Ada", "АԁА"), ("محمد", "محـمد"),
    ("❤️", "❤"), ("☕️ Ada", "☕ Ada"), ("👩‍💻", "👩💻"), ("علی‌رضا", "علیرضا"), ("ශ්‍රී", "ශ්රී"),
    ("Ada\ufe0f", "Ada"), ("Ada\u17b4", "Ada"), ("Ada\U000e0100", "Ada"), ("Ad\u034fa", "Ada"),
    ("e\u0301\u0301va", "e\u0301va"), ("น้ำ", "น้ํา"), ("工藤", "エ藤"),
]  # fmt: skip

# Ordinary names that have to be told apart, with those among them that come near each other.
LATIN = """
    Ada Adam Adele Agnes Alan Alba Alex Alfie Ali Alicia Alida Alina Amelia Amir Amy Ana Anders Andrea Anna Anton Ava
    Aylin Bea Ben Beth Bill Bob Carla Carlos Charlie Chloe Clara Clive Cora Cyril Dan Dana Dara Dave David Deo Cleo
    Derya Dora Ed Eli Ella Elif Elsa Emil Emma Eric Erik Eva Finn Fiona Frank Gil Gina Grace Greta Hana Hans Hoa Hòa Hóa
    Hugo Ian Ida Ilia Ines Ingrid Iris Isla Ivan Ivy Jack James Jan Jana Jean Jim João Joe John Jon José Juan Jude
    Kai Kal Karl Kira Kim Lars Lea Leo Lia Ila Lila Linh Lisa Liu Lou Luc Lucia Luda Luis Luna Maja Malik Mallory Mara
    Maria Marie Mark Marta Mary Mateo Matt Mia Mila Milla Mina Mo Neil Nell Nia Nico Nina Noah Noor Nora Olga Oliver
    Omar Otto Paul Pedro Petra Pia Quinn Ravi Rita Rob Rosa Roy Sam Sara Sven Tariq Tess Theo Tim Tom Uma Una Vera
    Viktor Walter Will Xavier Yara Yusuf Zara Zoe Zoë Łukasz Øyvind Åsa Çelik Nguyễn Trần Phạm Đặng Dang
"""
OTHERS = """
    Анна Борис Вера Виктор Владимир Дмитрий Елена Иван Ирина Максим Наталья Нина Ольга Павел Пётр Роман Светлана Юлия
    Αλέξανδρος Γιώργος Δημήτρης Ελένη Κώστας Μαρία Νίκος Σοφία
    王伟 王芳 李娜 李强 刘洋 陈静 杨帆 赵敏 黄磊 周杰 吴秀英 徐丽 孙浩 马超 朱婷 林峰 李小龙
    佐藤 鈴木 高橋 田中 さくら ゆい はると ケンジ ユキ エミ
    김민준 김민서 이서연 박지훈 최수빈 정하은 강도윤 한지우 윤서준
    محمد أحمد علي عمر فاطمة مريم نور ياسمين خالد حسين حسن سارة ليلى رضا مهدی زهرا
    רון רוני דוד יעל נועה שרה יוסף משה תמר
    राम रमा कमल कमला अमित अनिता सुनील सुनीता राहुल प्रिया दीपक नेहा विजय पूजा
    สมชาย สมหญิง สมศรี วิชัย น้ำ นำ มาลี ประยุทธ์ กานดา
    গীতা রহিম রাহুল மணி மாலா రాము సీత ಗೀತಾ രാജു රුවන් თამარ Արամ Անի አበበ தமிழ் 🦆 🐸 👍🏽 👍 🇩🇪 🇫🇷 1️⃣ 2️⃣
"""


@pytest.mark.parametrize(("one", "other"), SAME)
def test_names_that_look_the_same_are_alike(one: str, other: str) -> None:
    assert alike(one, other)
    assert alike(other, one)


def test_ordinary_names_of_the_world_are_told_apart() -> None:
    names = [clean_name(name) for name in (LATIN + OTHERS).split()]

    assert len(set(names)) == len(names) > 300
    assert [pair for pair in combinations(names, 2) if alike(*pair)] == []


def test_an_ordinary_name_has_one_look_and_most_of_before_have_the_same() -> None:
    assert looks("Grace") == {"skeleton": "grace"}
    assert looks("Alice Liddell") == {"skeleton": former("Alice Liddell")}
    assert looks("Ian") == {"skeleton": "1an", "folded": "ian"}


@pytest.mark.parametrize(("one", "other"), SAME)
async def test_a_seats_name_is_taken_for_whatever_looks_like_it(
    log: LocalLog, grace: Seat, one: str, other: str
) -> None:
    for first, second in ((one, other), (other, one)):
        room = (await rooms.create(log, log.db, "Grace")).room
        await log.append(_join(room, first, **looks(first)))
        with pytest.raises(NameTaken):
            await log.append(_join(room, second, "0002", **looks(second)))
        with pytest.raises(NameTaken):
            await log.append(_message(room, second, **looks(second)))


async def test_seats_of_before_keep_their_names_and_so_do_bans(log: LocalLog, grace: Seat, tmp_path: Path) -> None:
    """Their events have the one skeleton of that time, and replay to what they were."""
    for number, name in enumerate(["Владимир", "Alice", "O'Neill", "Ilya"]):
        await log.append(_join(grace.room, name, f"{number:04}", skeleton=former(name)))
    changes = {"target": None, "whom": "Ada.", "until": "9999-01-01T00:00:00.000Z"}
    ban = Event(room=grace.room, kind="ban", at="2026-11-22T12:00:00.000Z", name="Grace", member=grace.member.id)
    await log.append(replace(ban, changes=changes, detail={"skeleton": former("Ada."), "address": None}))

    for name in ("Владимир", "ВЛАДИМИР", "Alice", "AIice", "alice", "O'Neill", "o'neill", "Ilya", "ILYA", "ilya"):
        with pytest.raises(NameTaken):
            await take_seat(log, grace.room, name)
    with pytest.raises(Banned):
        await take_seat(log, grace.room, "ada.")
    found = await asyncio.to_thread(check, tmp_path / "data")
    assert found.faults == []


async def test_a_ban_keeps_out_what_looks_like_the_name_and_lets_others_in(log: LocalLog, grace: Seat) -> None:
    room = await rooms.find(log.db, grace.room)
    ian = await take_seat(log, grace.room, "Ian", address="there")
    person = await moderation.find_person(log.db, room, ian.member.id)
    await moderation.ban(log, grace.room, grace.member, person, moderation.HOUR)

    for name in ("Ian", "lan", "ian", "I.a.n"):
        with pytest.raises(Banned):
            await take_seat(log, grace.room, name)
    assert await take_seat(log, grace.room, "Jan")


async def test_a_name_that_was_given_up_is_free_in_all_its_looks(log: LocalLog, grace: Seat) -> None:
    ian = await take_seat(log, grace.room, "Ian")
    await members.give_up_seat(log, grace.room, ian.member)

    assert await take_seat(log, grace.room, "lan")


async def test_admission_asks_whether_the_name_is_free_in_all_its_looks(
    log: LocalLog, grace: Seat, tmp_path: Path
) -> None:
    room = await rooms.find(log.db, grace.room)
    await take_seat(log, grace.room, "ian")
    await room_settings.change(log, Passphrases(), room, grace.member, {"lock": "approval"})
    room = await rooms.find(log.db, grace.room)
    knock, _ = await knocks.knock(log, grace.room, "Ian", "there")

    with pytest.raises(NameTaken):
        await knocks.admit(log, log.db, room, grace.member, knock.id)
    other, _ = await knocks.knock(log, grace.room, "Iris", "there")
    await knocks.admit(log, log.db, room, grace.member, other.id)
    for name in ("iris", "lris"):
        with pytest.raises(NameTaken):
            await log.append(_join(grace.room, name, opened=room.rules.locked_at, **looks(name)))
    found = await asyncio.to_thread(check, tmp_path / "data")
    assert found.faults == []


async def test_posting_under_a_name_needs_one_that_no_seat_has(log: LocalLog, grace: Seat) -> None:
    await take_seat(log, grace.room, "Bob")

    with pytest.raises(NameTaken):
        await messages.post(log, grace.room, Stranger("there"), Draft("hi", "B0b"))
    assert await messages.post(log, grace.room, Stranger("there"), Draft("hi", "Bobby"))


def _join(room: str, name: str, member: str = "0001", **detail: str | int) -> Event:
    detail = {"token": f"token of {member}", **detail}
    return Event(room=room, kind="join", at="2026-11-22T12:00:00.000Z", name=name, member=member, detail=detail)


def _message(room: str, name: str, **detail: str) -> Event:
    at = "2026-11-22T12:00:00.000Z"
    return Event(room=room, kind="message", at=at, name=name, text="hi", html="<p>hi</p>", detail=detail)
