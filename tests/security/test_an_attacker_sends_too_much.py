"""Requirement 8: every size is limited, and so is the time in which a request must arrive."""

from __future__ import annotations

import socket
import time

import httpx
import pytest

from chadchat.storage.db import Database, Parameters, Row

from ..serving import Server
from .conftest import Visitor


@pytest.mark.parametrize(
    ("request_", "status", "refusal"),
    [
        ({"data": "x" * 4096}, 201, None),
        ({"data": "x" * 4097}, 413, "text_too_long"),
        ({"data": "🦆" * 4096}, 201, None),
        ({"data": "🦆" * 4097}, 413, "text_too_long"),
        ({"json": {"text": "🦆" * 4096}}, 201, None),
        ({"form": {"text": "🦆" * 4096}}, 201, None),
        ({"data": "a\0b"}, 422, "text_invalid"),
        ({"data": b"\xff\xfe"}, 422, "text_invalid"),
        ({"data": b"x" * 65_537}, 413, "body_too_large"),
        ({"json": {"text": "hi", "name": "N" * 33}}, 422, "name_invalid"),
        ({"data": "text=hi" + "&key=b" * 20, "type": "application/x-www-form-urlencoded"}, 400, "form_invalid"),
        ({"data": "[" * 60_000, "type": "application/json"}, 400, "json_invalid"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_too_big_is_refused(
    ada: Visitor, room: dict[str, str], request_: dict[str, object], status: int, refusal: str | None
) -> None:
    media = request_.pop("type", None)
    headers = {"Accept": "*/*"} | ({"Content-Type": str(media)} if media else {})
    answer = await ada("POST", f"/{room['code']}", headers=headers, **request_)

    assert (answer.status_code, (await answer.get_json()).get("code")) == (status, refusal)


async def test_a_form_has_at_most_20_parts(ada: Visitor, room: dict[str, str]) -> None:
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\nx\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Accept": "*/*"}

    for parts, status in ((20, 201), (21, 400)):
        fields = [part.format(name) for name in ("text", *range(1, parts))]
        answer = await ada("POST", f"/{room['code']}", data="".join(fields) + "--b--\r\n", headers=headers)
        assert answer.status_code == status


def test_headers_are_at_most_16_kib(standing: Server) -> None:
    with httpx.Client(base_url=standing.url) as client:
        assert client.get("/healthz", headers={"X-Fill": "x" * 15_000}).status_code == 200
        refused = client.get("/healthz", headers={"X-Fill": "x" * 17_000})
    assert refused.status_code == 431


def closed_after(server: Server, start: bytes, drip: bytes) -> float:
    """Seconds until the server closes on someone who sends so slowly."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", int(server.port)), timeout=0.2) as wire:
        wire.sendall(start)
        while time.monotonic() - began < 20:
            try:
                wire.sendall(drip)
                if not wire.recv(65_536):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    return time.monotonic() - began


@pytest.mark.slow
def test_headers_that_never_end_are_cut_off(standing: Server) -> None:
    assert 4 < closed_after(standing, b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", b"a") < 10


def test_a_body_that_never_ends_is_cut_off(guarded: Server) -> None:
    code = guarded.create()["code"].encode()
    start = b"POST /%b HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" % code

    assert 0.9 < closed_after(guarded, start, b"a") < 4


async def test_one_page_never_looks_up_a_thousand_rooms(ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    every = Database.all

    async def counted(self: Database, sql: str, parameters: Parameters = ()) -> list[Row]:
        looked.append(sql)
        return await every(self, sql, parameters)

    monkeypatch.setattr(Database, "all", counted)
    cookies = "; ".join(f"chad-AA{a}{b}=x" for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "ABCDEFGHIJKLMNOPQRST")
    answer = await ada("GET", "/", headers={"Accept": "text/html", "Cookie": cookies})

    assert answer.status_code == 200
    assert len([sql for sql in looked if "json_each" in sql]) == 1
