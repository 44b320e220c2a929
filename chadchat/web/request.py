"""A request: Quart's, but with its headers as they came, and a body that is taken from the server when it is wanted."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import Final, cast

import quart
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestTimeout

from ..live.writers import Receive

STREAMS: Final = ("/sse", "/json", "/raw")


class Request(quart.Request):
    """`Quart.request_class`. `receive` is the server's, and `unread` says whether a part of the body is still there."""

    receive: Receive
    unread = True

    @cached_property
    def head(self) -> dict[bytes, bytes]:
        """The headers by their names in lower case; of one that came twice, the first."""
        return dict(reversed(cast(list[tuple[bytes, bytes]], self.scope["headers"])))

    @cached_property
    def blueprints(self) -> list[str]:
        """Quart's, for blueprints that are not nested: looked up once, not for every kind of hook."""
        return [self.blueprint] if self.blueprint else []

    def header(self, name: bytes) -> str | None:
        """A header by its name in lower case. Most requests lack most of them."""
        value = self.head.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def brings_body(self) -> bool:
        """Whether the caller sends more than headers."""
        return self.head.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in self.head

    async def read(self, seconds: float) -> bytes:
        """All of the body. Raises RequestTimeout when it takes longer than so many seconds, RequestEntityTooLarge, or
        BadRequest when the caller has gone.
        """
        most = cast(int, self.max_content_length)
        if (self.content_length or 0) > most:
            raise RequestEntityTooLarge
        body = b""
        try:
            async with asyncio.timeout(seconds):
                while self.unread:
                    body += await self._part()
                    if len(body) > most:
                        raise RequestEntityTooLarge
        except TimeoutError as error:
            raise RequestTimeout from error
        return body

    async def _part(self) -> bytes:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            self.unread = False
            raise BadRequest
        self.unread = message.get("more_body", False)
        return cast(bytes, message.get("body", b""))
