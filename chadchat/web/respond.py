"""Decides in which format a request is answered (docs/api.md, Formats), and makes answers in that format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum, auto
from typing import Any, Final, cast

from quart import Response, redirect, render_template

from ..events import to_json
from ..node import Node
from .request import Request

_request: ContextVar[Request] = ContextVar("chadchat.request")

_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


class Wants(Enum):
    """The formats of an answer."""

    FRAGMENT = auto()
    PAGE = auto()
    JSON = auto()
    TEXT = auto()


def wants() -> Wants:
    """The format that the caller asked for: a fragment for htmx, else by `Accept`, else text (curl sends `*/*`).

    If `Accept` names both HTML and JSON, the one with the higher quality wins, then the first one. A body that is no
    form is a program's, whatever its `Accept` says of HTML.
    """
    asking = request()
    if b"hx-request" in asking.head:
        return Wants.FRAGMENT
    if asking.head.get(b"accept", b"*/*") == b"*/*":
        return Wants.TEXT
    for offered, quality in asking.accept_mimetypes:
        media = offered.partition(";")[0].strip().lower()
        if media == "text/html" and quality > 0:
            return Wants.JSON if asking.mimetype and asking.mimetype not in _FORMS else Wants.PAGE
        if media == "application/json" and quality > 0:
            return Wants.JSON
    return Wants.TEXT


@contextmanager
def answering(request: Request) -> Iterator[None]:
    """Make a request the current one inside the block. A stream runs after it, so that it does not keep the request."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def request() -> Request:
    """The current request."""
    return _request.get()


def node() -> Node:
    """The running node."""
    return _request.get().node


def base_url() -> str:
    """The address of this server as the visitor used it: `http://host:8000`."""
    return f"{request().scheme}://{request().authority}"


async def html(template: str, status: int = 200, **values: Any) -> Response:
    """A response with a rendered template: a page or a fragment."""
    return Response(await render_template(template, **values), status, content_type="text/html; charset=utf-8")


def json(value: object, status: int = 200) -> Response:
    """A response with one line of JSON."""
    return Response(f"{to_json(value)}\n", status, content_type="application/json; charset=utf-8")


def text(value: str, status: int = 200) -> Response:
    """A response with plain text."""
    return Response(value, status, content_type="text/plain; charset=utf-8")


def done(back: str, shown: dict[str, object], status: int = 200) -> Response:
    """The answer to an act: JSON for a program, for a browser a redirect to the page `back`, which shows the result."""
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return see_other(back)
    return json(shown, status)


def see_other(path: str) -> Response:
    """A 303 redirect to a path of this server. Never pass an address from a request, which could name another host."""
    return go_to(path, 303)


def go_to(path: str, status: int) -> Response:
    """A redirect to a path of this server, which says it in the caller's format. See `see_other` for `path`."""
    match wants():
        case Wants.PAGE | Wants.FRAGMENT:
            return cast(Response, redirect(path, status))
        case Wants.TEXT if request().method in ("GET", "HEAD"):
            response = text(f"See {base_url()}{path} (curl -L goes there).\n", status)
        case _:
            response = json({"status": status, "location": path}, status)
    response.headers["Location"] = path
    return response
