"""Export and import: a room as a file, in four formats, and back again."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from chadchat.app import create_app, exports
from chadchat.domain import messages, rooms
from chadchat.domain.archive import exported
from chadchat.domain.export import PAGE, export
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.log.local import LocalLog
from chadchat.settings import Settings
from chadchat.storage.db import FILE
from chadchat.storage.files import Files

from ..attaching import attach
from ..measuring import MOST, longest_step
from ..operating import chadchat, within
from ..serving import Server
from ..waiting import wait_until

TEXTS = ["tea?", "two\nlines", "<b>no</b> **yes** \u2028 \r and more", "`code` [link](https://example.org)"]


@pytest.fixture
def room(standing: Server) -> dict[str, str]:
    return filled(standing)


def filled(server: Server) -> dict[str, str]:
    """A room of Grace's with those texts."""
    answer = httpx.post(f"{server.url}/rooms", json={"name": "Grace", "title": "Tea & <cake>"}).json()
    created: dict[str, str] = answer
    for text in TEXTS:
        headers = {"Authorization": f"Bearer {created['token']}"}
        assert httpx.post(created["url"], content=text.encode(), headers=headers).status_code == 201
    return created


def test_json_lines_are_the_events_as_everyone_sees_them(standing: Server, room: dict[str, str]) -> None:
    streamed = httpx.get(f"{room['url']}/json?since=all&poll=1").text

    answer = httpx.get(f"{room['url']}.jsonl")

    assert answer.text == streamed
    assert answer.headers["Content-Type"] == "application/jsonl; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{room["code"]}.jsonl"'
    assert chadchat(standing.data, "export", room["code"]).out == streamed


def test_text_and_markdown_are_for_people(room: dict[str, str]) -> None:
    text = httpx.get(f"{room['url']}.txt").text.split("\n")
    markdown = httpx.get(f"{room['url']}.md").text

    assert text[0] == f"# {room['code']} Tea & <cake>"
    assert re.fullmatch(r"# \d{4}-\d\d-\d\d \(times are UTC\)", text[1])
    assert re.fullmatch(r"\d\d:\d\d Grace: tea\?", text[4])
    assert text[5:7] == [f"{text[4][:5]} Grace: two", "      lines"]
    assert f"# {room['code']} Tea \\& \\<cake\\>\n" in markdown
    assert re.search(r"\n\*\*Grace\*\* \d\d:\d\d\n\n> two\n> lines\n", markdown)
    assert re.search(r"\n\*\d\d:\d\d Grace has entered the room\*\n", markdown)


def test_the_page_is_one_file_that_needs_nobody_and_runs_nothing(room: dict[str, str]) -> None:
    cookies = {f"chad-{room['code']}": room["token"]}

    page = httpx.get(f"{room['url']}.html", cookies=cookies).text

    assert "<script" not in page
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page)) - {"https://example.org"} == {
        *(f"#m-{seq}" for seq in range(3, 7)),
        next(iter(re.findall(r'href="(data:text/css;base64,[^"]*)"', page))),
    }
    styles = base64.b64decode(re.findall(r"base64,([^\"]*)", page)[0]).decode()
    assert "url(" not in styles
    assert "Tea &amp; &lt;cake&gt;" in page
    assert "<strong>yes</strong>" in page
    assert "<b>no</b>" not in page
    assert page.rstrip().endswith("</html>")


def test_a_file_is_for_who_may_read(standing: Server, room: dict[str, str]) -> None:
    assert httpx.get(f"{room['url']}.html").status_code == 200
    lock = {"lock": "passphrase", "passphrase": "open sesame"}
    owner = {"Authorization": f"Bearer {room['token']}"}
    assert httpx.post(f"{room['url']}/settings", json=lock, headers=owner).status_code == 200
    assert httpx.get(f"{room['url']}.html").status_code == 404
    assert httpx.get(f"{room['url']}.html", headers=owner).status_code == 200
    assert httpx.get(f"{standing.url}/ZZZZ.jsonl").status_code == 404
    assert httpx.get(f"{room['url']}.docx").status_code == 404


def test_the_command_writes_what_the_address_answers(server: Server, tmp_path: Path) -> None:
    room, kinds = filled(server), ["jsonl", "md", "txt", "html"]
    server.stop()

    for kind in kinds:
        said = within(server.data, "export", room["code"].lower(), tmp_path / f"room.{kind}")
        assert said == (0, "", f"Exported 6 events of {room['code']}.\n")

    server.start()
    for kind in kinds:
        answer = httpx.get(f"{server.url}/{room['code']}.{kind}", cookies={f"chad-{room['code']}": room["token"]})
        assert (tmp_path / f"room.{kind}").read_bytes() == answer.content


async def test_a_long_log_is_read_in_pages(log: LocalLog, grace: Seat) -> None:
    for number in range(1200):
        await messages.post(log, grace.room, None, Draft(str(number)))
    room = await rooms.find(log.db, grace.room)

    parts = [part async for part in export(log.db, room, exports(create_app())["jsonl"])]

    assert [done for done, _ in parts] == [0, *range(PAGE, 1202, PAGE), 1202, 1202]
    lines = "".join(part for _, part in parts).splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, 1203))


def test_an_export_makes_a_new_room_with_the_same_names_times_and_texts(server: Server, tmp_path: Path) -> None:
    room = filled(server)
    owner = {"Authorization": f"Bearer {room['token']}"}
    for text in ("a secret", TEXTS[1]):
        assert httpx.patch(f"{room['url']}/4", content=text.encode(), headers=owner).status_code == 200
    chadchat(server.data, "export", room["code"], tmp_path / "room.jsonl")
    lines = list(map(json.loads, (tmp_path / "room.jsonl").read_text().splitlines()))
    assert [(line["target"], line["text"]) for line in lines if line["kind"] == "edit"] == [(4, None), (4, None)]
    assert ", edited " in httpx.get(f"{room['url']}.md").text
    assert '<small class="edited">edited <time' in httpx.get(f"{room['url']}.html").text
    server.stop()

    said = chadchat(server.data, "import", tmp_path / "room.jsonl")

    code = said.out.strip()
    assert re.fullmatch("[A-Z]{4}", code)
    told, path, how = said.err.splitlines()
    assert told == f"4 messages are in {code} now; 4 other lines were left out."
    assert re.fullmatch(f"/{code}/links/ccl_[A-Za-z0-9_-]{{43}}", path)
    assert how.startswith(f"Open this path at your server's address and join: that makes an owner of {code}.")
    server.start()

    def kept(code: str) -> list[tuple[str, str, str, str | None]]:
        events = map(json.loads, httpx.get(f"{server.url}/{code}.jsonl").text.splitlines())
        said = [event for event in events if event["kind"] == "message"]
        return [(event["name"], event["at"], event["text"], event.get("edited_at")) for event in said]

    assert kept(code) == kept(room["code"])
    assert [text for _, _, text, _ in kept(code)] == TEXTS
    assert [bool(edited) for *_, edited in kept(code)] == [False, True, False, False]
    shown = httpx.get(f"{server.url}/{code}").text
    assert shown.startswith(f"# {code} Tea & <cake>\n")
    assert re.findall(r"^\d\d:\d\d \* (.*)$", shown, re.MULTILINE) == [
        "This room was imported.",
        "The operator made a link for an owner.",
    ]
    assert chadchat(server.data, "check").status == 0
    assert httpx.post(f"{server.url}/{code}/join", json={"name": "Grace"}).status_code == 201


@pytest.mark.parametrize("title", ["", "Coffee"])
def test_an_import_has_the_title_that_the_room_had_last(standing: Server, tmp_path: Path, title: str) -> None:
    room = httpx.post(f"{standing.url}/rooms", json={"name": "Grace", "title": "Tea"}).json()
    bearer = {"Authorization": f"Bearer {room['token']}"}
    assert httpx.patch(f"{room['url']}/settings", data={"title": title}, headers=bearer).status_code == 200
    file = tmp_path / "room.jsonl"
    assert within(standing.data, "export", room["code"], file).status == 0

    said = within(tmp_path / "new", "import", file)

    assert said.status == 0, said.err
    with closing(sqlite3.connect(tmp_path / "new" / FILE)) as db:
        assert db.execute("SELECT title FROM rooms").fetchall() == [(title,)]


@pytest.mark.parametrize("title", ["Tea", ""])
def test_a_pruned_room_keeps_its_title_in_an_export_and_an_import(standing: Server, tmp_path: Path, title: str) -> None:
    room = httpx.post(f"{standing.url}/rooms", json={"name": "Grace", "title": title}).json()
    bearer = {"Authorization": f"Bearer {room['token']}"}
    assert httpx.post(room["url"], content=b"early", headers=bearer).status_code == 201
    assert httpx.post(room["url"], content=b"late", headers=bearer).status_code == 201
    (early, *_) = httpx.get(f"{room['url']}/json?since=all&poll=1").text.split("\n")
    assert httpx.patch(f"{room['url']}/settings", data={"keep_events": "2"}, headers=bearer).status_code == 200
    wait_until(lambda: '"kind":"prune"' in httpx.get(f"{room['url']}.jsonl").text)

    lines = [json.loads(line) for line in httpx.get(f"{room['url']}.jsonl").text.splitlines()]

    kept = [(line["seq"], line["kind"]) for line in lines]
    assert kept == [*([(3, "room")] if title else []), (4, "message"), (5, "room"), (6, "prune")]
    if title:
        assert lines[0].keys() == json.loads(early).keys()
        assert (lines[0]["title"], lines[0]["at"]) == (title, lines[1]["at"])
    file = tmp_path / "room.jsonl"
    assert within(standing.data, "export", room["code"], file).status == 0
    assert [json.loads(line) for line in file.read_text().splitlines()] == lines
    said = within(tmp_path / "new", "import", file)
    assert said.status == 0, said.err
    with closing(sqlite3.connect(tmp_path / "new" / FILE)) as db:
        assert db.execute("SELECT title FROM rooms").fetchall() == [(title,)]
        assert db.execute("SELECT count(*) FROM log WHERE kind = 'message'").fetchall() == [(1,)]


@pytest.mark.parametrize("kind", ["jsonl", "md", "txt", "html", "zip"])
@pytest.mark.parametrize(
    "text", ["x" * 4096, "🦆" * 4096, "https://a.example/b?c=d " * 75, "a\n" * 2048, "\x1b" * 4095 + "."]
)
async def test_no_step_of_an_export_holds_up_everything_else(
    log: LocalLog, grace: Seat, kind: str, text: str, tmp_path: Path
) -> None:
    await asyncio.gather(*(messages.post(log, grace.room, None, Draft(text)) for _ in range(60)))
    if kind == "zip":
        await attach(log, tmp_path / "data", grace, bytes(8 << 20))
    room, formats = await rooms.find(log.db, grace.room), exports(create_app())

    async def read() -> None:
        async for _ in exported(log.db, room, kind, formats, Files(tmp_path / "data")):
            pass

    assert await longest_step(read) < MOST


@pytest.mark.parametrize("kind", ["md", "txt", "html"])
def test_controls_are_visible_in_what_people_read(room: dict[str, str], kind: str) -> None:
    httpx.post(
        room["url"],
        content="\x1b[31mred\x1b[0m \x1b[2J\x9b31m \x7f\x07".encode(),
        headers={"Content-Type": "text/plain"},
    )

    text = httpx.get(f"{room['url']}.{kind}").text

    assert "red ␛[2J\ufffd31m ␡␇" in text  # colours go, what else a terminal obeys is shown
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)


def test_who_posts_without_a_seat_is_marked_in_every_text(room: dict[str, str]) -> None:
    httpx.post(room["url"], content=b"now", headers={"Name": "Ada: send the key to Eve"})

    line = r"\d\d:\d\d Ada\u00b7 send the key to Eve \(not joined\): now\n"
    for text in (httpx.get(room["url"]), httpx.get(f"{room['url']}/7"), httpx.get(f"{room['url']}.txt"),
                 httpx.get(f"{room['url']}/raw?since=all&poll=1")):  # fmt: skip
        assert re.search(f"^{line}", text.text, re.MULTILINE)
    assert re.search(r"\n\*\*Ada\u00b7 send the key to Eve\*\* \(not joined\) \d", httpx.get(f"{room['url']}.md").text)


async def test_two_exports_at_once_are_as_many_as_a_visitor_may_have(tmp_path: Path) -> None:
    app = create_app(Settings(data=str(tmp_path / "data")))
    async with app.test_app():
        limits, client = app.extensions["chadchat"].limits, app.test_client()
        code = (await (await client.post("/rooms", json={"name": "Grace"}, headers={"Accept": "*/*"})).get_json())[
            "code"
        ]
        with limits.exports.one("local"), limits.exports.one("local"):
            refused = await client.get(f"/{code}.jsonl", headers={"Accept": "application/json"})
            assert (await client.head(f"/{code}.jsonl")).status_code == 200
            elsewhere = {"scope_base": {"client": ("192.0.2.7", 4711)}}
            assert (await client.get(f"/{code}.jsonl", **elsewhere)).status_code == 200
        for _ in range(3):
            assert (await client.get(f"/{code}.jsonl")).status_code == 200

    assert refused.status_code == 429
    assert (await refused.get_json())["code"] == "too_many_exports"
    assert refused.headers["Retry-After"] == "10"


def test_an_export_whose_reader_goes_makes_room_for_another(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", limits="on", limit_posts="5000, then 1/s", limit_room_posts="5000").start()
    try:
        room = server.create()
        for _ in range(40):
            httpx.post(room["url"], content="🦆".encode() * 4096)
        for _ in range(5):
            with httpx.stream("GET", f"{room['url']}.html") as one, httpx.stream("GET", f"{room['url']}.html") as two:
                assert (one.status_code, two.status_code) == (200, 200)
            wait_until(lambda: httpx.get(f"{room['url']}.txt").status_code == 200)
    finally:
        server.stop()


GOOD = '{"kind":"message","name":"Ada","text":"tea?","at":"2026-11-22T12:00:00.123Z"}'


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{", "Line 2 is not JSON."),
        ("[]", "Line 2 is no event."),
        ("", "Line 2 is not JSON."),
        ('{"kind":"message"}', "Line 2 has no time like 2026-11-22T12:00:00.123Z."),
        (GOOD.replace("-22T", "-99T"), "Line 2 has no time like"),
        (GOOD.replace("2026", "2025"), "Line 2: its time is before that of the line above it."),
        (GOOD.replace("tea?", " "), "Line 2: Please write something first."),
        (GOOD.replace("tea?", "x" * 5000), "Line 2: That is 5000 characters; a message may have 4096."),
        (GOOD.replace('"tea?"', "7"), "Line 2: Its text and its name must be strings."),
        (GOOD.replace("Ada", "\\u202e"), "Line 2: "),
        (GOOD.replace("}", ',"edited_at":"soon"}'), "Line 2: Its edited_at is no time after its own."),
        (GOOD.replace("}", ',"edited_at":7}'), "Line 2: Its edited_at is no time after its own."),
        (GOOD.replace("}", ',"edited_at":"2026-11-22T12:00:00.122Z"}'), "Line 2: Its edited_at is no time after"),
        (GOOD.replace("}", ',"reactions":{"tea":["7f3a"]}}'), "Line 2: A reaction is one emoji"),
        (GOOD.replace("}", ',"reactions":["👍"]}'), "Line 2: A reaction is one emoji"),
        (GOOD.replace("}", ',"reactions":{"👍":"7f3a"}}'), "Line 2: A reaction is one emoji"),
        (GOOD.replace("}", ',"reactions":{"❤":["7f3a"],"❤️":["7f3a"]}}'), "Line 2: A reaction is one emoji"),
        (
            GOOD.replace("}", f',"reactions":{{"👍":{json.dumps([str(n) for n in range(1001)])}}}}}'),
            "Line 2: This message",
        ),
        ('{"kind":"room","title":"%s","at":"2026-11-22T12:00:00.123Z"}' % ("x" * 99), "Line 2: That title is 99"),
    ],
)
def test_a_bad_line_refuses_the_whole_import_and_names_the_line(
    empty: Path, tmp_path: Path, bad: str, why: str
) -> None:
    (tmp_path / "room.jsonl").write_text(f"{GOOD}\n{bad}\n{GOOD}\n")

    said = within(empty, "import", tmp_path / "room.jsonl")

    assert (said.status, said.out) == (1, "")
    assert why in said.err
    assert within(empty, "rooms").out.count("\n") == 1


def test_the_command_itself_says_it_so(empty: Path, tmp_path: Path) -> None:
    (tmp_path / "room.jsonl").write_text(f"{GOOD}\n{{\n")

    assert chadchat(empty, "import", tmp_path / "room.jsonl") == (1, "", "Error: Line 2 is not JSON.\n")


def test_an_import_keeps_the_counts_of_reactions_and_names_nobody_of_the_new_room(empty: Path, tmp_path: Path) -> None:
    """The ids of the members are those of another room: the same id may be another person's here."""
    first = GOOD.replace("}", ',"reactions":{"👍":["7f3a","9c1d"],"🎉":["9c1d"]}}')
    second = GOOD.replace("}", ',"reactions":{"👍":["9c1d"]}}')
    (tmp_path / "room.jsonl").write_text(f"{first}\n{second}\n")
    said = within(empty, "import", tmp_path / "room.jsonl")
    assert said.status == 0, said.err
    code = next(word for word in said.out.replace(".", " ").split() if re.fullmatch("[A-Z]{4}", word))

    lines = map(json.loads, within(empty, "export", code).out.splitlines())
    assert [line["reactions"] for line in lines if line["kind"] == "message"] == [
        {"👍": ["x1", "x2"], "🎉": ["x2"]},
        {"👍": ["x2"]},
    ]
    assert within(empty, "check").status == 0


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n \r\n\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_mark_at_the_start_and_blank_lines_at_the_end_are_no_lines(
    empty: Path, tmp_path: Path, start: str, end: str
) -> None:
    (tmp_path / "room.jsonl").write_text(f"{start}{GOOD}{end}")

    said = within(empty, "import", tmp_path / "room.jsonl")

    assert said.status == 0
    assert "1 messages are in" in said.err
    assert "0 other lines" in said.err


@pytest.mark.parametrize(
    "line",
    ['{"kind":"room","x":' + "[" * 50_000, "[" * 50_000, '{"kind":"room","x":' + "9" * 50_000 + "}", "\ufeff" + GOOD,
     '{"kind":"room","at":"0001-01-01T00:00:00.000Z"}', GOOD.replace("2026", "1969"), GOOD.replace("Ada", "\\ud800"),
     GOOD.replace("tea?", "\\ud800"), '{"kind":"room","title":"\\ud800","at":"2026-11-22T12:00:00.123Z"}',
     GOOD.replace("tea?", "x" * (1 << 20)), GOOD.replace("Ada", "a\u0315\u0300" * 30_000),
     '{"kind":"room","title":"' + "a\u0315\u0300" * 30_000 + '","at":"2026-11-22T12:00:00.123Z"}', "\x00"],
    ids=range(13),
)  # fmt: skip
def test_a_hostile_line_is_refused_with_a_sentence(empty: Path, tmp_path: Path, line: str) -> None:
    for lines in (f"{line}\n", f"{GOOD}\n{line}\n"):
        if lines.startswith("\ufeff"):
            continue
        (tmp_path / "room.jsonl").write_text(lines)

        said = within(empty, "import", tmp_path / "room.jsonl")

        assert (said.status, said.out) == (1, "")
        assert said.err.startswith("Error: Line ")


def test_importing_is_refused_while_the_server_runs(standing: Server, tmp_path: Path) -> None:
    (tmp_path / "room.jsonl").write_text(f"{GOOD}\n")

    assert "Stop it first" in chadchat(standing.data, "import", tmp_path / "room.jsonl").err
