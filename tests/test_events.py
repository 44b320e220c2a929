"""Events are converted to JSON and back."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from chadchat.events import Event, to_json

TEA = Event(
    room="KQZF",
    kind="message",
    at="2026-11-22T12:00:00.123Z",
    name="Ada",
    member="7f3a",
    text="tea?",
    html="<p>tea?</p>",
    detail={"key": "secret"},
    seq=128,
    epoch="k3f9",
)


def test_a_message_looks_as_the_contract_says() -> None:
    assert to_json(TEA.public()) == (
        '{"room":"KQZF","seq":128,"cursor":"k3f9-128","kind":"message","name":"Ada","member":"7f3a",'
        '"text":"tea?","at":"2026-11-22T12:00:00.123Z"}'
    )


def test_nothing_private_is_published() -> None:
    join = Event(room="KQZF", kind="join", at=TEA.at, name="Ada", member="7f3a", detail={"token": "hash"}, seq=2)

    assert "detail" not in join.public()
    assert "hash" not in to_json(join.public())
    assert "secret" not in to_json(TEA.public())


def test_an_event_comes_back_from_its_row_as_it_was() -> None:
    assert Event.restored("KQZF", "k3f9", 128, "message", TEA.at, TEA.stored()) == TEA


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_is_one_line_to_every_reader_and_the_same_text_to_a_parser(text: str) -> None:
    line = to_json({"text": text})

    assert line.splitlines() == [line]
    assert json.loads(line) == {"text": text}
