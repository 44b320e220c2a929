"""What h11 and Hypercorn decide before there is a request: a refusal has words, and a path may be written in UTF-8.

h11 refuses bytes that are no request (two Hosts, none, a head that is too long); Hypercorn 0.18 then answers without a
body. RFC 3986 wants what is not ASCII in an address escaped; curl and scripts send it as it is, and h11 takes that for
no request, though nobody could read it in two ways. Both are replaced here by name, in this process.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import quote_from_bytes

import h11
from h11 import _events, _readers
from hypercorn.protocol.h11 import H11Protocol

logger = logging.getLogger(__name__)

_WORDS: Final = {
    400: ("malformed", "That is no request in HTTP/1.1: it has one line, one Host, and headers that are well-formed."),
    431: ("headers_too_large", "Those headers are too large."),
    501: ("coding_unknown", "That transfer coding is not understood; chunked is."),
}
_TARGET: Final = rb"[\x21-\x7e]+"  # as h11 0.16 has it
_WIDER_TARGET: Final = rb"[\x21-\x7e\x80-\xff]+"
_ASCII: Final = bytes(range(0x21, 0x7F)).decode()
_create_stream = H11Protocol._create_stream


def speak_up(refused: Callable[[str], None] = lambda code: None) -> None:
    """Do so from now on; `refused` hears the code of every refusal."""
    if _events.request_target_re.pattern == _TARGET and _TARGET in _readers.request_line_re.pattern:
        _events.request_target_re = re.compile(_WIDER_TARGET)
        _readers.request_line_re = re.compile(_readers.request_line_re.pattern.replace(_TARGET, _WIDER_TARGET))
    elif _events.request_target_re.pattern != _WIDER_TARGET:
        logger.warning("h11 is not the one we know: a path that is not ASCII is refused")

    async def say(self: H11Protocol, status: int) -> None:
        code, sentence = _WORDS.get(status, _WORDS[400])
        refused(code)
        body = f"{json.dumps({'code': code, 'status': status, 'error': sentence}, separators=(',', ':'))}\n".encode()
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"connection", b"close"),
            *self.config.response_headers("h11"),
        ]
        await self._send_h11_event(h11.Response(status_code=status, headers=headers, reason=HTTPStatus(status).phrase))
        await self._send_h11_event(h11.Data(data=body))
        await self._send_h11_event(h11.EndOfMessage())

    async def escape(self: H11Protocol, request: h11.Request) -> None:
        if not request.target.isascii():
            object.__setattr__(request, "target", quote_from_bytes(request.target, safe=_ASCII).encode())
        await _create_stream(self, request)

    H11Protocol._send_error_response = say  # type: ignore[assignment,method-assign]
    H11Protocol._create_stream = escape  # type: ignore[method-assign]
