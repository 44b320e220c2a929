"""Firefox and WebKit, each driven by the protocol that it speaks itself: WebDriver BiDi and WebDriver.

A window is a browser of one person, which knows nothing yet. Keys are real ones; the page is read by its own script.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from glob import glob
from pathlib import Path
from typing import Any, Final

import httpx
from websockets.sync.client import ClientConnection, connect

from ..serving import free_port
from ..waiting import PATIENCE, wait_until

MINI_BROWSER: Final = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
ENTER: Final = "\ue007"  # WebDriver, 17.4.2


class Window(ABC):
    """One person's browser."""

    @abstractmethod
    def goto(self, url: str) -> None:
        """Load a page, and wait until it is loaded."""

    @abstractmethod
    def value(self, expression: str) -> Any:
        """The value of an expression in the page, as JSON has it."""

    @abstractmethod
    def keys(self, text: str) -> None:
        """Press keys, one for each character."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Make the page so wide and high. WebKit's window cannot be narrower than 447 pixels."""

    def until(self, expression: str) -> None:
        """Wait until an expression is true in the page. A page that is about to be another one has no values."""
        wait_until(lambda: self.value(f"Boolean({expression})") is True)

    def type(self, selector: str, text: str) -> None:
        """Put the focus into a field, and press keys there."""
        self.value(f"document.querySelector({json.dumps(selector)}).focus()")
        self.keys(text)

    def click(self, selector: str) -> None:
        """Click what the selector finds."""
        self.value(f"document.querySelector({json.dumps(selector)}).click()")


class Bidi:
    """A connection to Firefox: one command at a time. Events are not asked for."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a command."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        answer = json.loads(self._socket.recv(timeout=PATIENCE))
        assert (answer["id"], answer["type"]) == (number, "success"), answer
        return answer["result"]


class FirefoxWindow(Window):
    """A context of its own in the one Firefox, over WebDriver BiDi."""

    def __init__(self, bidi: Bidi) -> None:
        self._ask = bidi.ask
        person = self._ask("browser.createUserContext")["userContext"]
        # A tab in the background draws nothing, so each person has a window.
        self._page = self._ask("browsingContext.create", type="window", userContext=person)["context"]

    def goto(self, url: str) -> None:
        self._ask("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def value(self, expression: str) -> Any:
        answer = self._ask(
            "script.evaluate",
            expression=f"JSON.stringify(({expression}) ?? null)",
            target={"context": self._page},
            awaitPromise=False,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def keys(self, text: str) -> None:
        self._ask(
            "input.performActions",
            context=self._page,
            actions=[{"type": "key", "id": "keys", "actions": strokes(text)}],
        )

    def resize(self, width: int, height: int) -> None:
        self._ask("browsingContext.setViewport", context=self._page, viewport={"width": width, "height": height})


class WebKitWindow(Window):
    """A MiniBrowser of its own, over WebDriver."""

    def __init__(self, driver: httpx.Client, browser: str) -> None:
        options = {"binary": browser, "args": ["--automation"]}
        asked = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self._driver = driver
        self._session = driver.post("/session", json=asked).json()["value"]["sessionId"]

    def goto(self, url: str) -> None:
        self._ask("POST", "url", url=url)

    def value(self, expression: str) -> Any:
        return self._ask("POST", "execute/sync", script=f"return ({expression}) ?? null", args=[])

    def keys(self, text: str) -> None:
        self._ask("POST", "actions", actions=[{"type": "key", "id": "keys", "actions": strokes(text)}])
        self._ask("DELETE", "actions")

    def resize(self, width: int, height: int) -> None:
        self._ask("POST", "window/rect", width=width, height=height)

    def close(self) -> None:
        """End the browser."""
        self._driver.delete(f"/session/{self._session}")

    def _ask(self, method: str, what: str, **sent: Any) -> Any:
        json_body = sent if method == "POST" else None
        answer = self._driver.request(method, f"/session/{self._session}/{what}", json=json_body)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]


def strokes(text: str) -> list[dict[str, str]]:
    """The pressing and releasing of each key; a line end is Enter."""
    keys = text.replace("\n", ENTER)
    return [{"type": way, "value": key} for key in keys for way in ("keyDown", "keyUp")]


@contextmanager
def firefox(folder: Path, people: int) -> Iterator[list[Window]]:
    """Windows of one Firefox without a screen, whose profile is in the folder."""
    profile = folder / "profile"
    profile.mkdir()
    # It would else look for updates and portals, which are on other hosts.
    (profile / "user.js").write_text('user_pref("remote.prefs.recommended", true);\n')
    log = folder / "firefox"
    command = ["firefox-esr", "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    with log.open("w") as errors, subprocess.Popen([*command, "about:blank"], stderr=errors) as process:
        try:
            listening = re.compile(r"BiDi listening on (ws://\S+)")
            wait_until(lambda: bool(listening.search(log.read_text())))
            [address] = listening.findall(log.read_text())
            with connect(f"{address}/session", max_size=None) as connection:
                bidi = Bidi(connection)
                bidi.ask("session.new", capabilities={})
                yield [FirefoxWindow(bidi) for _ in range(people)]
        finally:
            process.terminate()


@contextmanager
def webkit(people: int) -> Iterator[list[Window]]:
    """Windows of WebKitGTK on a screen in memory, a driver and a browser for each person."""
    [browser, *_] = glob(MINI_BROWSER)
    with ExitStack() as stack:
        screen = stack.enter_context(a_screen())
        yield [stack.enter_context(webkit_window(browser, screen)) for _ in range(people)]


@contextmanager
def webkit_window(browser: str, screen: str) -> Iterator[Window]:
    """One person's MiniBrowser, and its driver."""
    port = free_port()
    with subprocess.Popen(["WebKitWebDriver", f"--port={port}"], env=os.environ | {"DISPLAY": screen}) as process:
        try:
            wait_until(lambda: is_open(port))
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as driver:
                window = WebKitWindow(driver, browser)
                yield window
                window.close()
        finally:
            process.terminate()


@contextmanager
def a_screen() -> Iterator[str]:
    """The name of an X display without a screen."""
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1600x1300x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL) as process, os.fdopen(reader) as shown:
        os.close(writer)
        try:
            yield f":{shown.readline().strip()}"
        finally:
            process.terminate()


def is_open(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
