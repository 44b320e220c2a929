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
    mallory = await Person.arrive(browser, "Mallory")
    await grace.page.goto(server.url)
    await grace.page.get_by_label("Your name").fill("Grace")
    await grace.page.get_by_role("button", name="Create").click()
    await grace.hears("open")
    url = grace.page.url
    await ada.join(url)
    await grace.say("You made it! The code travelled well?")
    await ada.say("Your four letters survived a phone call with *two* trains in it.")
    await mallory.join(url)
    await mallory.say("What did I miss?")
    await grace.say("Nothing. That is the point: the log goes back to the first word.")
    await ada.say("So who pushes the button?")
    await mallory.say("Not me. Last time it looked like this:\n\n```\nfor ship in fleet:\n    ship.sink()\n```")
    await grace.say("I fixed it. Sinking is **opt-in** now.")
    asked = asyncio.create_task(curl("Deploy `v1.4.0` to production?", f"{url}?wait=1m&choices=yes,no"))
    await ada.page.get_by_role("button", name="yes").click()
    assert await asked == "yes\n"
    await curl(DEPLOY, url)
    await grace.sees("v1.4.0 is live")
    for person, emoji in ((mallory, "🎉"), (ada, "🎉"), (grace, "👏")):
        await react(person, "v1.4.0 is live", emoji)
    await mallory.say("Tea, @Grace?")
    await grace.sees("Tea, @Grace?")
    await reply(ada, "Tea, @Grace?", "Always.")
    await grace.sees("Always.")
    await grace.prepares()
    await grace.box.fill("Putting the kettle on, see you in")
    return grace, ada


async def curl(text: str, url: str) -> str:
    """What a deployment sends, and what it is answered."""
    command = ["curl", "--silent", "--header", "Name: deploybot", "--data-binary", text, url]
    return (await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, text=True)).stdout


async def react(person: Person, text: str, emoji: str) -> None:
    """Set an emoji on a message, as the page does."""
    line = person.page.locator("#log > [data-kind=message]").filter(has_text=text).last
    seq = (await line.get_attribute("id") or "")[2:]
    address = f"{person.page.url}/{seq}/reactions/{emoji}"
    assert await person.page.evaluate("async url => (await fetch(url, {method: 'PUT'})).status", address) == 200


async def reply(person: Person, text: str, words: str) -> None:
    """Answer a message."""
    line = person.page.locator("#log > [data-kind=message]").filter(has_text=text).last
    await line.dispatch_event("contextmenu", {"button": 0})
    await person.page.get_by_role("menuitem", name="Reply").click()
    await person.say(words)


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
