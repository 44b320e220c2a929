"""Who gets which format: the one place that decides, and the helpers that answer in it (docs/api.md, Formats)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum, auto
from typing import Any, cast

from quart import Response, redirect, render_template

from ..events import to_json
from ..node import Node
from .request import Request

_request: ContextVar[Request] = ContextVar("chadchat.request")


class Wants(Enum):
    """The four answers."""

    FRAGMENT = auto()
    PAGE = auto()
    JSON = auto()
    TEXT = auto()


def wants() -> Wants:
    """What the caller asked for. `Accept` counts only where it names a type: `*/*` is curl, and gets text.

    When both types are named the preferred one wins (quality, then order).
    """
    asking = request()
    if b"hx-request" in asking.head:
        return Wants.FRAGMENT
    if asking.head.get(b"accept", b"*/*") == b"*/*":
        return Wants.TEXT
    for media, quality in asking.accept_mimetypes:
        if media == "text/html" and quality > 0:
            return Wants.PAGE
        if media == "application/json" and quality > 0:
            return Wants.JSON
    return Wants.TEXT


@contextmanager
def answering(request: Request) -> Iterator[None]:
    """While a request is being answered. Not longer: what comes after it, a stream, does not keep it in memory."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def request() -> Request:
    """The request that is being answered."""
    return _request.get()


def node() -> Node:
    """The running node."""
    return _request.get().node


def base_url() -> str:
    """`http://host:8000`, as the visitor sees this server."""
    return f"{request().scheme}://{request().authority}"


async def html(template: str, status: int = 200, **values: Any) -> Response:
    """A page or a fragment."""
    return Response(await render_template(template, **values), status, content_type="text/html; charset=utf-8")


def json(value: object, status: int = 200) -> Response:
    """One line of JSON."""
    return Response(f"{to_json(value)}\n", status, content_type="application/json; charset=utf-8")


def text(value: str, status: int = 200) -> Response:
    """Plain text."""
    return Response(value, status, content_type="text/plain; charset=utf-8")


def done(back: str, shown: dict[str, object], status: int = 200) -> Response:
    """The answer to an act: JSON, or the page at `back`, which shows what it did."""
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return see_other(back)
    return json(shown, status)


def see_other(path: str) -> Response:
    """303 to a page of ours. Paths only: nothing a visitor sent names another host."""
    return cast(Response, redirect(path, 303))
