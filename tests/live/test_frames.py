"""Frames: every format compared byte for byte, and read back by a real SSE parser."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from httpx_sse._decoders import SSEDecoder, SSELineDecoder
from hypothesis import given
from hypothesis import strategies as st

from chadchat.events import Event
from chadchat.live.frames import NdJson, SseHtml, SseJson, Text, line, sse

TEA = Event(
    room="KQZF",
    kind="message",
    at="2026-11-22T12:00:00.123Z",
    name="Ada",
    member="7f3a",
    text="tea?",
    seq=128,
    epoch="k3f9",
)
JOIN = replace(TEA, kind="join", text=None, seq=129)
TEA_JSON = (
    '{"room":"KQZF","seq":128,"cursor":"k3f9-128","kind":"message","name":"Ada","member":"7f3a","text":"tea?",'
    '"at":"2026-11-22T12:00:00.123Z"}'
)
HTML = SseHtml(lambda event: f"<li>\n{event.text}\n</li>", lambda data: f"<ul>\n{data['count']}</ul>")
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def parsed(wire: bytes) -> list[tuple[str, str, str]]:
    """(event, id, data) of everything that an SSE parser of somebody else reads."""
    lines, decoder = SSELineDecoder(), SSEDecoder()
    found = [decoder.decode(line) for line in lines.decode(wire.decode()) + lines.flush()]
    return [(sse.event, sse.id, sse.data) for sse in found if sse is not None]


@pytest.mark.parametrize(
    ("data", "wire"),
    [
        ("tea?", b"data: tea?\n\n"),
        ("", b"data: \n\n"),
        (" tea", b"data:  tea\n\n"),
        ("one\ntwo\rthree\r\nfour", b"data: one\ndata: two\ndata: three\ndata: four\n\n"),
        ("hi\rid: 999999\revent: close", b"data: hi\ndata: id: 999999\ndata: event: close\n\n"),
        ("data: x\n\ndata: y", b"data: data: x\ndata: \ndata: data: y\n\n"),
        ("a\u2028b\u0085c\x0bd\x0ce", "data: a\u2028b\u0085c\x0bd\x0ce\n\n".encode()),
    ],
)
def test_data_is_split_on_the_three_line_ends_of_the_standard_and_no_other(data: str, wire: bytes) -> None:
    assert sse(data) == wire


def test_an_event_has_its_fields_in_order_and_ends_with_a_blank_line() -> None:
    assert sse("x", id="k3f9-1", event="open", retry=2000) == b"id: k3f9-1\nevent: open\nretry: 2000\ndata: x\n\n"


@given(TEXTS)
def test_whatever_goes_into_a_frame_comes_out_of_a_real_parser(data: str) -> None:
    lines = data.replace("\r\n", "\n").replace("\r", "\n")

    assert parsed(sse(data, id="k3f9-1")) == [("message", "k3f9-1", lines)]


@given(TEXTS, TEXTS)
def test_any_name_and_text_come_back_unchanged_from_sse_and_ndjson(name: str, text: str) -> None:
    event = replace(TEA, name=name, text=text)

    [(kind, cursor, data)] = parsed(SseJson().event(event))
    assert (kind, cursor) == ("message", "k3f9-128")
    assert (json.loads(data)["name"], json.loads(data)["text"]) == (name, text)

    [ndjson] = NdJson().event(event).decode().splitlines()
    assert (json.loads(ndjson)["name"], json.loads(ndjson)["text"]) == (name, text)


def test_a_stored_event_is_unnamed_and_carries_its_cursor() -> None:
    assert SseJson().event(TEA) == f"id: k3f9-128\ndata: {TEA_JSON}\n\n".encode()
    assert HTML.event(TEA) == b"id: k3f9-128\ndata: <li>\ndata: tea?\ndata: </li>\n\n"
    assert NdJson().event(TEA) == f"{TEA_JSON}\n".encode()
    assert Text().event(TEA) == b"12:00 Ada: tea?\n"
    assert Text().event(JOIN) == b"12:00 * Ada has entered the room\n"


def test_a_control_event_is_named_and_has_an_id_only_if_a_reader_goes_on_from_there() -> None:
    data = {"room": "KQZF", "cursor": "k3f9-128"}

    opened = b'id: k3f9-128\nevent: open\nretry: 2000\ndata: {"kind":"open","room":"KQZF","cursor":"k3f9-128"}\n\n'
    assert SseJson().control("open", data) == HTML.control("open", data) == opened
    assert (
        SseJson().control("bye", {"retry": 1025}) == b'event: bye\nretry: 1025\ndata: {"kind":"bye","retry":1025}\n\n'
    )
    reset = {**data, "reason": "epoch"}
    assert SseJson().control("reset", reset).startswith(b"id: k3f9-128\nevent: reset\ndata: ")
    assert NdJson().control("open", data) == b'{"kind":"open","room":"KQZF","cursor":"k3f9-128"}\n'
    assert HTML.control("people", {"count": 2}) == b"event: people\ndata: <ul>\ndata: 2</ul>\n\n"
    assert Text().control("open", data) == b"\n"
    assert Text().control("people", {}) == b""
    assert Text().control("reset", {"reason": "epoch"}).startswith(b"-- This log starts over (epoch)")


def test_heartbeats_are_what_each_format_ignores() -> None:
    assert parsed(SseJson.heartbeat) == []
    assert parsed(HTML.heartbeat) == [("beat", "", "")]  # EventSource drops what has no data
    assert SseJson.heartbeat == b":\n"  # no blank line: four libraries take ": \n\n" for an empty message
    assert HTML.heartbeat == b"event: beat\n\n"
    assert json.loads(NdJson.heartbeat) == {"kind": "heartbeat"}
    assert Text.heartbeat == b"\n"


@given(TEXTS, TEXTS)
def test_no_message_can_pass_for_two_lines_or_reach_the_terminal(name: str, text: str) -> None:
    shown = line(replace(TEA, name=name, text=text))

    first, *rest = shown.split("\n")
    assert first.startswith("12:00 ")
    assert all(row.startswith("      ") for row in rest)
    assert not any((ord(char) < 32 and char not in "\t\n") or 0x7F <= ord(char) < 0xA0 for char in shown)
    assert not any(char in shown for char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\r")


def test_a_forged_line_is_seen_for_what_it_is() -> None:
    assert line(replace(TEA, text="hi\n12:00 Bob: I owe you\n")) == "12:00 Ada: hi\n      12:00 Bob: I owe you"
