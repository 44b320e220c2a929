"""P15: the bytes of any message come out as they were posted, through four parsers and as text in the page."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from httpx_sse import aconnect_sse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.async_api import Browser, Page, async_playwright

from chadchat.domain.messages import is_blank
from chadchat.domain.terminal import uncoloured

from ..browser.conftest import chromium, flags
from ..serving import Server
from .client import Client, read_until
from .conftest import Proved
from .scale import scale
from .sse import Parser

NASTY = ["\r", "\n", "\r\n", "\n\n", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x85", "\ufeff", "\x7f", "\x1b[31m"]
NASTY += [
    "\u202e",
    "\u2066",
    "\u2069",
    "\u200f",
    "\u200d",
    "👩‍👩‍👧‍👦",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "e\u0301\u0302\u0303",
    "\uffff",
    "\U0010ffff",
]
NASTY += [
    "data: x",
    "id: 9",
    "event: close",
    "retry: 1",
    ": ",
    "</script>",
    "]]>",
    "&amp;",
    '"',
    "\\",
    "\\u0000",
    "```",
]
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXT = (
    st.lists(st.one_of(st.sampled_from(NASTY), st.text(CHARACTERS, max_size=8)), min_size=1, max_size=12)
    .map("".join)
    .filter(lambda text: not is_blank(text) and len(text.encode()) < 2000)
)
LAST = "that was all"
AT_ONCE = 70  # messages in one page, which shows 80 lines after a reload

# All the data that Chromium's own EventSource makes of a stream, up to the last.
EVENT_SOURCE = """
([address, last]) => new Promise(done => {
  const data = [], source = new EventSource(address);
  source.onmessage = event => {
    data.push(event.data);
    if (event.data.includes(last)) { source.close(); done(data); }
  };
})
"""
CODES = "lines => lines.map(line => line.querySelector('.text').textContent)"


def drawn(count: int) -> list[str]:
    """So many texts."""
    texts: list[str] = []

    @settings(
        max_examples=count,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(TEXT)
    def draw(text: str) -> None:
        texts.append(text.lstrip("\ufeff"))  # at the beginning it is a mark of the encoding, and not stored

    draw()
    return texts


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium(), args=flags())
        yield started
        await started.close()


async def post(server: Server, room: str, texts: list[str]) -> int:
    """Post each; the seq of the last. The answer says it back."""
    with Client(server.url) as client:
        for text in texts:
            status, answer = await client.post(f"/{room}", text)
            assert (status, answer["text"]) == (201, text)
    return int(answer["seq"])


def texts_of(data: list[str]) -> list[str]:
    events = [json.loads(one) for one in data if one]
    return [event["text"] for event in events if event["kind"] == "message"]


async def by_the_standard(server: Server, room: str) -> list[str]:
    body = await read_until(server.url, f"/{room}/sse?since=all", LAST.encode())
    parser = Parser()
    pieces = [body[start : start + 7] for start in range(0, len(body), 7)]  # of no particular size
    return texts_of([event.data for piece in pieces for event in parser.feed(piece) if event.type == "message"])


async def by_httpx_sse(server: Server, room: str) -> list[str]:
    data: list[str] = []
    async with (
        httpx.AsyncClient(timeout=60) as client,
        aconnect_sse(client, "GET", f"{server.url}/{room}/sse?since=all") as source,
    ):
        async for event in source.aiter_sse():
            if event.event == "message" and event.data:
                data.append(event.data)
                if LAST in event.data:
                    break
    return texts_of(data)


async def by_ndjson(server: Server, room: str) -> list[str]:
    body = await read_until(server.url, f"/{room}/json?since=all", LAST.encode())
    return texts_of(body.decode().splitlines())  # which would cut at U+2028 and others, if they were there


async def by_chromium(page: Page, room: str) -> list[str]:
    return texts_of(await page.evaluate(EVENT_SOURCE, [f"/{room}/sse?since=all", LAST]))


@pytest.mark.slow
@pytest.mark.browser
async def test_four_parsers_read_every_message_as_it_was_posted(
    standing: Server, browser: Browser, proved: Proved
) -> None:
    texts = [*drawn(scale(300, 10_000)), LAST]
    room = standing.create()["code"]
    await post(standing, room, texts)
    page = await browser.new_page()
    await page.goto(f"{standing.url}/help")

    assert await by_the_standard(standing, room) == texts
    assert await by_httpx_sse(standing, room) == texts
    assert await by_ndjson(standing, room) == texts
    assert await by_chromium(page, room) == texts
    proved("P15", "by the standard's text, httpx-sse, JSON lines, EventSource", texts=len(texts), differences=0)


def fenced(text: str) -> str:
    """The text as a block of code, which shows it as it is."""
    fence = "`" * (max([2, *(len(run) for run in re.findall("`+", text))]) + 1)
    return f"{fence}\n{text}\n{fence}"


def shown(text: str) -> str:
    """What a page can show of a text: its line ends are line ends of one kind."""
    return re.sub(r"\r\n?", "\n", f"{text}\n")


@pytest.mark.slow
@pytest.mark.browser
async def test_the_page_shows_every_message_as_it_was_posted(
    standing: Server, browser: Browser, proved: Proved
) -> None:
    texts = drawn(scale(100, 10_000))
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        room = standing.create()
        context = await browser.new_context()
        await context.add_cookies([{"name": f"chad-{room['code']}", "value": room["token"], "url": standing.url}])
        page = await context.new_page()
        await page.goto(room["url"])
        last = await post(standing, room["code"], [fenced(text) for text in some])
        await page.locator(f"#m-{last}").wait_for(state="attached")
        messages = page.locator("#log > [data-kind=message]")
        assert await messages.evaluate_all(CODES) == [shown(uncoloured(text)) for text in some], "streamed"
        await page.goto(f"{room['url']}?limit=500")
        assert await messages.evaluate_all(CODES) == [shown(uncoloured(text)) for text in some], "after a reload"
        await context.close()
    proved("P15", "as text in the page in Chromium, streamed and reloaded", texts=len(texts), differences=0)


@pytest.mark.parametrize("body", [rb'{"text": "half a pair: \ud83d"}', rb'{"text": "nul: \u0000"}'])
def test_what_no_reader_could_be_given_back_is_refused(standing: Server, body: bytes) -> None:
    room = standing.create()["url"]

    answer = httpx.post(room, content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, "text_invalid")
    assert len(httpx.get(f"{room}/json?poll=1").text.split("\n")[:-1]) == 2


def test_a_server_that_splits_at_newlines_only_is_caught() -> None:
    def careless(text: str) -> bytes:
        return b"".join(f"data: {line}\n".encode() for line in text.split("\n")) + b"\n"

    texts = drawn(200)
    read = [[event.data for event in Parser().feed(careless(text))] for text in texts]
    assert any(data != [text] for text, data in zip(texts, read, strict=True) if "\r" in text)
