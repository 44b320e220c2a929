"""Makes the pictures of the README: `.venv/bin/python -m tests.browser.screenshot`."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.async_api import Browser, async_playwright

from ..serving import Server
from .conftest import chromium, flags
from .people import Person

DOCS: Final = Path(__file__).parents[2] / "docs"
DESKTOP: Final = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light", "locale": "en-GB"}
PHONE: Final = {
    "viewport": {"width": 390, "height": 800},
    "color_scheme": "dark",
    "locale": "en-GB",
    "device_scale_factor": 2,
    "has_touch": True,
}
DEPLOY: Final = "`v1.4.0` is live. 212 tests green, nobody was hurt."


async def talk(browser: Browser, server: Server) -> tuple[Person, Person]:
    """A conversation of three people and a deployment."""
    grace = await Person.arrive(browser, "Grace", **DESKTOP)
    ada = await Person.arrive(browser, "Ada", **PHONE)
    alan = await Person.arrive(browser, "Alan")
    await grace.page.goto(server.url)
    await grace.page.get_by_label("Your name").fill("Grace")
    await grace.page.get_by_role("button", name="Create").click()
    await grace.hears("open")
    url = grace.page.url
    await ada.join(url)
    await grace.say("You made it! The code travelled well?")
    await ada.say("Your four letters survived a phone call with *two* trains in it.")
    await alan.join(url)
    await alan.say("What did I miss?")
    await grace.say("Nothing. That is the point: the log goes back to the first word.")
    await ada.say("So who pushes the button?")
    await alan.say("Not me. Last time it looked like this:\n\n```\nfor ship in fleet:\n    ship.sink()  # FIXME\n```")
    await grace.say("I fixed it. Sinking is **opt-in** now.")
    command = ["curl", "--silent", "--header", "Name: deploybot", "--data-binary", DEPLOY, url]
    await asyncio.to_thread(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
    await ada.say("Deployed with curl, announced with curl. I am moved.")
    await alan.say("Tea?")
    await ada.say("Always.")
    await grace.sees("Always.")
    await grace.box.fill("Putting the kettle on, see you in")
    return grace, ada


async def voices(person: Person) -> set[str]:
    """The colours of those who have spoken."""
    said = person.page.locator("#log > [data-hue]")
    return set(await said.evaluate_all("lines => lines.map(line => line.dataset.hue)"))


async def main() -> None:
    """Write docs/room.png and docs/phone.png."""
    DOCS.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data").start()
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium(), args=flags())
                desktop, phone = await talk(browser, server)
                while len(await voices(desktop)) < 4:  # by chance two people may have one colour
                    desktop, phone = await talk(browser, server)
                await phone.page.evaluate("document.activeElement.blur()")
                for person, name in ((desktop, "room.png"), (phone, "phone.png")):
                    await person.page.screenshot(path=DOCS / name)
                await browser.close()
        finally:
            server.stop()


if __name__ == "__main__":
    asyncio.run(main())
