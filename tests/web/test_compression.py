"""Answers are compressed for callers that accept gzip, and are otherwise unchanged."""

from __future__ import annotations

import gzip
import threading

import pytest
from quart import Response
from quart.testing import QuartClient

from chadchat.web import compression

PAGE = {"Accept": "text/html"}
GZIP = {"Accept-Encoding": "gzip, deflate, br"}
WORDS = "who wants tea? " * 200


@pytest.fixture
async def talk(client: QuartClient, code: str) -> str:
    """The address of a room in which something was said."""
    assert (await client.post(f"/{code}", json={"name": "Ada", "text": WORDS})).status_code == 201
    return f"/{code}"


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"], ids=["page", "JSON", "transcript"])
async def test_a_long_answer_is_compressed_for_who_takes_it(client: QuartClient, talk: str, accept: str) -> None:
    plain = await client.get(talk, headers={"Accept": accept})
    answer = await client.get(talk, headers={"Accept": accept, **GZIP})

    body = await answer.get_data(as_text=False)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Vary"] == answer.headers["Vary"] == "Accept-Encoding"
    assert int(answer.headers["Content-Length"]) == len(body)
    assert gzip.decompress(body) == await plain.get_data(as_text=False)


async def test_a_fragment_is_compressed_too(client: QuartClient, talk: str) -> None:
    headers = {"Accept": "text/html, text/event-stream", "HX-Request": "true", **GZIP}

    answer = await client.get(f"{talk}?before=99", headers=headers)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert WORDS.strip().encode() in gzip.decompress(await answer.get_data(as_text=False))


@pytest.mark.parametrize(
    "asked", [None, "", "identity", "br", "gzip;q=0", "gzip;q=0.0, br", "*;q=0", "deflate, gzip; q=0"]
)
async def test_who_does_not_take_it_gets_the_answer_as_it_is(client: QuartClient, talk: str, asked: str | None) -> None:
    headers = {"Accept": "*/*"} | ({} if asked is None else {"Accept-Encoding": asked})

    answer = await client.get(talk, headers=headers)

    assert "Content-Encoding" not in answer.headers
    assert WORDS.strip() in await answer.get_data(as_text=True)


@pytest.mark.parametrize("asked", ["gzip", "GZIP", "gzip;q=0.1", "*", "br;q=1, gzip;q=0.5", "identity;q=0.1, *;q=0.2"])
async def test_who_takes_it_in_any_spelling_gets_it(client: QuartClient, talk: str, asked: str) -> None:
    answer = await client.get(talk, headers={"Accept": "*/*", "Accept-Encoding": asked})

    assert answer.headers["Content-Encoding"] == "gzip"


async def test_a_head_request_says_what_a_get_would(client: QuartClient, talk: str) -> None:
    got = await client.get(talk, headers={"Accept": "*/*", **GZIP})
    answer = await client.head(talk, headers={"Accept": "*/*", **GZIP})

    for name in ("Content-Encoding", "Content-Length", "Content-Type", "Vary"):
        assert answer.headers[name] == got.headers[name]


async def test_a_short_answer_and_the_answer_to_a_post_stay_as_they_are(client: QuartClient, talk: str) -> None:
    posted = await client.post(talk, json={"name": "Ada", "text": WORDS}, headers=GZIP)
    short = await client.get("/healthz", headers=GZIP)

    assert posted.status_code == 201
    assert len(await posted.get_data()) > compression.LEAST
    for answer in (posted, short):
        assert "Content-Encoding" not in answer.headers


async def test_an_export_and_a_stream_stay_as_they_are(client: QuartClient, talk: str) -> None:
    for path in (".txt", "/json?since=all&poll=1", "/sse?since=all&poll=1", "/raw?since=all&poll=1"):
        answer = await client.get(f"{talk}{path}", headers=GZIP)
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers


async def test_a_long_body_is_compressed_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    compress = gzip.compress

    def noted(*given: object, **named: object) -> bytes:
        threads.append(threading.current_thread())
        return compress(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(gzip, "compress", noted)

    class Asking:
        accept_encodings = {"gzip": 1}  # noqa: RUF012 - what a request is asked for

    for size in (2_000, 3_000_000):
        response = Response(b"x" * size, content_type="text/plain")
        await compression.compressed(Asking(), response, b"x" * size)  # type: ignore[arg-type]

    assert [thread is threading.main_thread() for thread in threads] == [True, False]
