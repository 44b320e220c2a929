"""Facts that the next page says once: an act's result, or a secret that it made.

An act of a form is answered with a redirect, so that a reload of the page does not repeat it. A short-lived cookie
carries the result there. Nothing of it stands in an address.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode

from quart import Response

from .compression import mark_secret
from .respond import Wants, request, see_other, wants
from .session import cookie, forget, prefix

SECONDS: Final = 60
HOME: Final = "home"  # in place of a room's code: the home page says it
_PART: Final = "said-"


def see_other_saying(path: str, room: str, /, **facts: str) -> Response:
    """A 303 redirect to a page of a room (`path`) that says these facts once."""
    return _say(see_other(path), room, facts)


def done_saying(response: Response, room: str, said: str) -> Response:
    """The answer to an act; if it sends a browser on to a page, that page says this sentence once."""
    return _say(response, room, {"said": said}) if wants() in (Wants.PAGE, Wants.FRAGMENT) else response


def said(room: str) -> dict[str, str]:
    """The facts that this page of a room has to say. Call `hush` with the response."""
    given = request().cookies.get(f"{prefix()}{_PART}{room}") if b"cookie" in request().head else None
    return dict(parse_qsl(given or "", max_num_fields=8))


def hush(response: Response, room: str, facts: dict[str, str]) -> Response:
    """Forget the facts that the page has said; returns the response."""
    return mark_secret(forget(response, f"{_PART}{room}")) if facts else response


def _say(response: Response, room: str, facts: dict[str, str]) -> Response:
    return cookie(response, f"{_PART}{room}", urlencode(facts), SECONDS)
