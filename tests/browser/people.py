"""People in their browsers: helpers to act in the page, read it, and collect its errors."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from chadchat.kinds import KINDS

from ..waiting import PATIENCE

# What the page's stream went through, in order; and each CSP violation as an error on the console.
_WATCH = """
window.heard = [];
for (const name of ['before:connection', 'after:connection', 'error'].map(end => `htmx:sse:${end}`).concat(
  'open', 'reset', 'bye')) document.addEventListener(name, ({target}) => target.id === 'log' && heard.push(name), true);
document.addEventListener('securitypolicyviolation', event => console.error(
  `CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
_LINES = (
    "lines => lines.map(line => [Number(line.id.slice(2)), line.dataset.kind,"
    " line.querySelector('bdi')?.textContent ?? '', line.querySelector('.text')?.textContent ?? ''])"
)
# The first line where older ones can be had. In one step, as they load by themselves.
# The style sheet of what serves acts is there.
STYLED = """() => [...document.styleSheets].some(sheet =>
  sheet.href === new URL(document.querySelector('#modules').dataset.style, location).href)"""
_FIRST = "document.querySelector('#older') && document.querySelector('#log > [data-kind]').id"
_COME_BACK = (
    "times => { document.querySelector('#log')._htmx?.sse?.delayCanceller?.();"
    " return heard.filter(one => one === 'open').length >= times; }"
)
_HIDE = (
    "hidden => { Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});"
    " document.dispatchEvent(new Event('visibilitychange', {bubbles: true})); }"
)

# Playwright's own 5 seconds are too short on a loaded machine. This is still less than the silence, 37.5 seconds, after
# which a page takes its connection for lost: a test that waits for another sign of it must not get that one.
expect.set_options(timeout=30_000)

Room = dict[str, str]  # what POST /rooms answers: url, code and token are used here


class Line(NamedTuple):
    """One event of a room as its readers see it. `text` is empty for what is not a message."""

    seq: int
    kind: str
    name: str
    text: str

    @classmethod
    def of(cls, event: dict[str, Any]) -> Line:
        """The line that an event in JSON should become."""
        removed = "removed_by" in event
        name = event["removed_by"] if removed else event["name"] or ""
        return cls(event["seq"], "removed" if removed else event["kind"], name, event.get("text") or "")


@dataclass(eq=False)
class Person:
    """One person, one browser: a context of their own and a page in it. `faults` must be empty in the end, but for
    what a test `expects` when it takes the network away.
    """

    name: str
    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    _expected: list[str] = field(default_factory=list)

    @classmethod
    async def arrive(cls, browser: Browser, name: str, **options: Any) -> Person:
        """Open a browser that knows nothing yet."""
        context = await browser.new_context(**options)
        context.set_default_timeout(1000 * PATIENCE)
        await context.add_init_script(_WATCH)
        person = cls(name, await context.new_page())
        context.on("request", person._requested)
        context.on("console", person._logged)
        context.on("weberror", lambda error: person.faults.append(f"thrown: {error.error}"))
        return person

    @property
    def context(self) -> BrowserContext:
        """The browser itself."""
        return self.page.context

    def expects(self, fault: str = "Failed to load resource|htmx: htmx:(sse:)?error") -> None:
        """What the console says like this (a regular expression) is the test's own doing; at first: a lost network."""
        self._expected.append(fault)

    @property
    def unexpected(self) -> list[str]:
        """What went wrong."""
        return [fault for fault in self.faults if not any(re.search(known, fault) for known in self._expected)]

    async def follow(self, url: str) -> None:
        """Follow the link of a room, give a name, and wait until the stream is open."""
        await self.page.goto(url)
        await self.page.get_by_label("Your name").fill(self.name)
        await self.page.get_by_role("button", name="Join").click()
        await self.hears("open")

    async def enter(self, url: str) -> None:
        """Take a seat as the form of that page would, and go to the room."""
        html = {"Accept": "text/html"}
        answer = await self.context.request.post(f"{url}/join", form={"name": self.name}, headers=html, max_redirects=0)
        assert answer.status == 303
        await self.page.goto(url)

    async def join(self, url: str) -> None:
        """Enter, and wait until the stream is open."""
        await self.enter(url)
        await self.hears("open")

    async def sit(self, room: Room) -> None:
        """Sit down on the owner's seat of a room, and wait until the stream is open."""
        cookie: Any = {"name": f"chad-{room['code']}", "value": room["token"], "url": room["url"]}
        await self.context.add_cookies([cookie])
        await self.page.goto(room["url"])
        await self.hears("open")

    async def say(self, text: str) -> None:
        """Type, send, and wait until the message is on the page."""
        await self.write(text)
        await expect(self.outbox).to_have_count(0)

    async def write(self, text: str) -> None:
        """Type and press Enter, or Send where Enter breaks the line."""
        await self.box.fill(text)
        if await self.box.get_attribute("enterkeyhint") == "enter":
            await self.page.get_by_role("button", name="Send", exact=True).click()
        else:
            await self.box.press("Enter")

    @property
    def outbox(self) -> Any:
        """The texts on their way."""
        return self.page.locator("#outbox li")

    @property
    def box(self) -> Any:
        """Where one types."""
        return self.page.get_by_role("textbox", name="Message")

    async def log(self) -> list[Line]:
        """Every line on the page, in the order of the page."""
        return [Line(*line) for line in await self.page.locator("#log > [data-kind]").evaluate_all(_LINES)]

    async def sees(self, text: str) -> None:
        """Wait for a message with this text."""
        await expect(self.page.locator("#log .text").filter(has_text=text)).to_have_count(1)

    async def prepares(self) -> None:
        """Wait until the page has what serves acts (static/js/acts.js), as for those who type slower."""
        await self.page.mouse.move(1, 1)
        await self.page.evaluate("import(document.querySelector('#modules').dataset.later).then(() => null)")
        await self.page.wait_for_function(STYLED)

    async def reaches(self, seq: int) -> None:
        """Wait for the line with this number."""
        await expect(self.page.locator(f"#m-{seq}")).to_be_attached()

    async def unfold(self) -> None:
        """Open the side, with the people and the ways out."""
        await self.page.locator(".side-toggle").click()

    async def hears(self, event: str, times: int = 1) -> None:
        """Wait until this has happened to the stream so many times since the page was loaded."""
        await self.page.wait_for_function(
            "([event, times]) => heard.filter(one => one === event).length >= times", arg=[event, times]
        )

    async def comes_back(self, times: int = 2) -> None:
        """Wait until the stream has been opened so many times, but skip its waits between tries: the page does the same
        when the browser says that the network is back.
        """
        await self.page.wait_for_function(_COME_BACK, arg=times)

    async def read_back(self) -> None:
        """Scroll up until there is nothing older."""
        while first := await self.page.evaluate(_FIRST):
            await self.page.locator("#scroller").evaluate("scroller => scroller.scrollTop = -scroller.scrollHeight")
            await expect(self.page.locator("#log > [data-kind]").first).not_to_have_id(first)

    async def fill_gap(self) -> None:
        """Scroll to the gap between what was not read and the end, until there is none."""
        link = self.page.locator("#gap a")
        while address := await self.page.evaluate("document.querySelector('#gap a')?.getAttribute('href')"):
            await link.scroll_into_view_if_needed()
            await expect(self.page.locator(f'#gap a[href="{address}"]')).to_have_count(0)

    async def hide(self, hidden: bool) -> None:
        """Switch to another tab, or back."""
        await self.page.evaluate(_HIDE, hidden)

    async def mark(self) -> None:
        """Leave a mark that does not survive a reload of the page."""
        await self.page.evaluate("window.mark = 'here'")

    async def marked(self) -> bool:
        """Whether this is still the page that was marked."""
        return bool(await self.page.evaluate("window.mark === 'here'"))

    def _requested(self, request: Request) -> None:
        self.requests.append(request)
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            self.faults.append(f"another host: {request.url}")

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")


def history(url: str) -> list[Line]:
    """Every line of a room's log, as a program gets it."""
    answer = httpx.get(f"{url}/json", params={"since": "all", "poll": "1"})
    assert answer.status_code == 200
    events = [json.loads(event) for event in answer.text.split("\n")[:-1]]
    return [Line.of(event) for event in events if KINDS[event["kind"]].line]


def post(room: Room, *texts: str) -> int:
    """Grace, the owner of the room, posts without a browser; the number of the last message."""
    with httpx.Client(headers={"Authorization": f"Bearer {room['token']}"}) as client:
        for text in texts:
            answer = client.post(room["url"], json={"text": text})
            assert answer.status_code == 201, answer.text
    return int(answer.json()["seq"])


def change(room: Room, **settings: str) -> None:
    """Grace changes the rules of the room without a browser."""
    owner = {"Authorization": f"Bearer {room['token']}"}
    httpx.patch(f"{room['url']}/settings", json=settings, headers=owner).raise_for_status()


def come(room: Room, name: str) -> None:
    """Somebody takes a seat without a browser."""
    httpx.post(f"{room['url']}/join", json={"name": name}).raise_for_status()
