"""Upload: the file that a post may bring.

A view that takes files calls `expect`; `body.read_draft` then finds the file. At the end of every request `leave` takes
back what no message has named.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Final

from ..domain.codes import Code
from ..events import Committed
from ..refusal import ChatError
from .attaching import name_header
from .body_errors import FormInvalid
from .inbox import Inbox
from .request import LARGEST_BODY, SOON, Request
from .respond import request

REST: Final = 30.0  # seconds for the rest of a file that was refused


def expect(code: Code, name: str | None = None, token: str | None = None) -> None:
    """Let this request bring a file. `name` is that in the address, `token` that of a link in it."""
    asked = request()
    if asked.inbox is None:
        asked.inbox = Inbox(asked, code, name or name_header(), token)


async def stored(storing: Coroutine[Any, Any, Committed]) -> Committed:
    """Store a message, with the file that came with it. Raises the refusal of the file."""
    inbox = request().inbox
    if inbox is None or not inbox.begun:
        return await storing
    try:
        inbox.check()
    except ChatError:
        storing.close()
        raise
    return await inbox.named_by(storing)


def refuse() -> None:
    """Raise FormInvalid if a file has come where none is taken: it would be lost."""
    inbox = request().inbox
    if inbox is not None and inbox.begun:
        raise FormInvalid("An edit takes no file: a message keeps the one that it has. Send another in a message.")


def patience(asked: Request) -> tuple[int, float]:
    """The bytes and the seconds that the answer to a request waits for the rest of its body. One that brought a file
    which was refused is read to its end, as its sender reads no answer before.
    """
    if asked.inbox is None or not asked.inbox.begun:
        return LARGEST_BODY, SOON
    return asked.node.uploads.most + LARGEST_BODY, REST


async def leave(asked: Request) -> None:
    """End the upload of a request, if it has one."""
    if asked.inbox is not None:
        await asked.inbox.leave()
