"""Measures in Chromium the cost of a message for a page that shows it, and the size of a room page.

`python -m bench.page` alone, and as a part of `python -m bench`.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .process import Failed, running, wait_for_line
from .report import aligned
from .servers import create_room
from .system import cores

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

LINES: Final = 2_000
MESSAGES: Final = 40  # measured in each place; medians count
TEXT: Final = "The kettle is on; who wants a cup of **tea** in the garden at four?"
BROWSERS: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PARTS: Final = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "TaskDuration")  # Chromium's own metrics

# Two frames later everything that a change of the page leads to has been done.
_FRAMES: Final = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
_SHOWN: Final = f"""seq => new Promise(function look(done) {{
  document.querySelector(`#m-${{seq}}`) ? {_FRAMES}.then(done) : setTimeout(look, 20, done);
}})"""
_LINES: Final = "document.querySelectorAll('#log > [data-kind]').length"
_UP: Final = """() => {
  const link = document.querySelector('#older-link'), box = document.querySelector('#scroller');
  if (link && !link.href.includes('limit')) link.setAttribute('hx-get', link.href += '&limit=500');
  box.scrollTop = -box.scrollHeight; // the top, whichever way the page counts
}"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of the page's main thread for one message: script, layout and style, and all that there is."""

    place: str
    lines: int
    script: float
    layout: float
    style: float
    whole: float

    @property
    def work(self) -> float:
        """Script, layout and style."""
        return self.script + self.layout + self.style


def missing() -> str | None:
    """Why it cannot be measured here, or None."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "Playwright is not installed (make setup-dev)"
    return None if _chromium() else "there is no Chromium on the PATH (make setup-browser)"


def measure() -> tuple[list[Cost], list[tuple[str, int]]]:
    """The costs of a message in three places, and the requests of a cold room page with their bytes on the wire."""
    with _room() as (port, room), _browser() as browser:
        _post(port, room, 50)
        weight = _weigh(browser, port, room)
        _post(port, room, LINES - 50)
        page = _enter(browser, port, room)
        session = page.context.new_cdp_session(page)
        # The thread's own time: what other programs do meanwhile does not count.
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        costs = [_cost("a page as it is loaded", page, session, port, room)]
        while page.evaluate(_LINES) < LINES and page.locator("#older").count():
            page.evaluate(_UP)
            page.wait_for_timeout(50)
        costs.append(_cost("reading far up", page, session, port, room))
        page.locator("#jump").evaluate("jump => jump.click()")
        _post(port, room, 30)
        page.wait_for_timeout(2000)
        costs.append(_cost("back at the end", page, session, port, room))
        return costs, weight


def report(costs: list[Cost], weight: list[tuple[str, int]]) -> str:
    """Both tables, as Markdown."""
    rows = [["", "lines in the page", "script", "layout", "style", "these three", "main thread"]]
    for cost in costs:
        figures = (cost.script, cost.layout, cost.style, cost.work, cost.whole)
        rows.append([cost.place, f"{cost.lines:,}", *(f"{figure:.2f}" for figure in figures)])
    parts = [["", "bytes on the wire"], *([name, f"{size:,}"] for name, size in weight)]
    parts.append([f"{len(weight)} requests", f"{sum(size for _, size in weight):,}"])
    return "\n\n".join(
        [
            "### The page: a message",
            "Milliseconds of Chromium's main thread for one message, as CPU time; medians.",
            aligned(rows),
            "### The page: cold",
            "A room page with 50 messages, nothing in the cache.",
            aligned(parts),
        ]
    )


def _cost(place: str, page: Page, session: CDPSession, port: int, room: dict[str, str]) -> Cost:
    lines: int = page.evaluate(_LINES)
    nothing, spent = [], []
    for _ in range(MESSAGES):
        before = _metrics(session)
        page.evaluate(_SHOWN, room["seq"])
        between = _metrics(session)
        _post(port, room, 1)
        page.evaluate(_SHOWN, room["seq"])
        after = _metrics(session)
        nothing.append(_difference(before, between))
        spent.append(_difference(between, after))
    script, layout, style, whole = (
        statistics.median(one[part] for one in spent) - statistics.median(one[part] for one in nothing)
        for part in PARTS
    )
    return Cost(place, lines, script, layout, style, whole)


def _difference(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Milliseconds of each part."""
    return {part: (after[part] - before[part]) * 1000 for part in PARTS}


def _metrics(session: CDPSession) -> dict[str, float]:
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


def _weigh(browser: Browser, port: int, room: dict[str, str]) -> list[tuple[str, int]]:
    page = _enter(browser, port, room, blank=True)
    session = page.context.new_cdp_session(page)
    weight = Weight(session)
    page.goto(f"http://127.0.0.1:{port}/{room['code']}", wait_until="load")
    page.wait_for_timeout(1500)
    found = [(path.replace(room["code"], "KQZF"), size) for path, size in weight.parts()]
    page.context.close()
    return found


class Weight:
    """What comes over the wire while a page is loaded, heads and all."""

    def __init__(self, session: CDPSession) -> None:
        self._paths: dict[str, str] = {}
        self._bytes: dict[str, int] = {}
        session.on("Network.responseReceived", self._begin)
        session.on("Network.dataReceived", self._more)
        session.on("Network.loadingFinished", self._end)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def parts(self) -> list[tuple[str, int]]:
        """(path, bytes) of each request, in the order of their answers."""
        return [(self._paths[key], self._bytes[key]) for key in self._paths]

    def _begin(self, event: dict[str, Any]) -> None:
        path = "/" + event["response"]["url"].split("/", 3)[-1].partition("?")[0]
        self._paths[event["requestId"]] = path
        self._bytes[event["requestId"]] = int(event["response"]["encodedDataLength"])

    def _more(self, event: dict[str, Any]) -> None:
        self._bytes[event["requestId"]] += int(event["encodedDataLength"])

    def _end(self, event: dict[str, Any]) -> None:
        self._bytes[event["requestId"]] = int(event["encodedDataLength"])


@contextmanager
def _room() -> Iterator[tuple[int, dict[str, Any]]]:
    with tempfile.TemporaryDirectory(prefix="chadchat-bench-") as folder:
        log = Path(folder, "log")
        command = [sys.executable, "-m", "chadchat", "serve", "--port", "0", "--data", str(Path(folder, "data"))]
        with running(command, log, cores()[0], {"CHADCHAT_LIMITS": "off"}) as process:
            port = int(wait_for_line(process, log, "chadchat: listening on ").rpartition(":")[2])
            yield port, dict(create_room(port))


@contextmanager
def _browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    flags = ["--disable-gpu", "--disable-background-networking", "--no-first-run"]
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []  # as root it cannot have its sandbox
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=flags)
        yield browser
        browser.close()


def _chromium() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _enter(browser: Browser, port: int, room: dict[str, str], *, blank: bool = False) -> Page:
    """A page with a seat of its own in the room; `blank` before it goes there."""
    url = f"http://127.0.0.1:{port}/{room['code']}"
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    name = "Mallory" if blank else "Grace"  # the room is Ada's
    html = {"Accept": "text/html"}
    joined = context.request.post(f"{url}/join", form={"name": name}, headers=html, max_redirects=0)
    if joined.status != 303:
        raise Failed(f"joining the room answered {joined.status}")
    page = context.new_page()
    if not blank:
        page.goto(url)
        page.wait_for_timeout(1000)
    return page


def _post(port: int, room: dict[str, Any], messages: int) -> None:
    """Post as the owner; `room["seq"]` is the number of the last one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {room['token']}", "Accept": "application/json"}
    for _ in range(messages):
        connection.request(
            "POST", f"/{room['code']}", json.dumps({"text": TEXT}), {**headers, "Content-Type": "application/json"}
        )
        room["seq"] = json.loads(connection.getresponse().read())["seq"]
    connection.close()


def main() -> int:
    """The exit status: 1 where it cannot be measured."""
    if why := missing():
        print(f"Not measured: {why}.", file=sys.stderr)
        return 1
    print(report(*measure()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
