"""Reads a multipart form (RFC 7578) of fields. A file in it is refused, as it would be lost."""

from __future__ import annotations

import re
from typing import Final

from .body_errors import FormInvalid
from .charsets import decode
from .request import MOST_FIELDS, Request

LONGEST_BOUNDARY: Final = 70  # RFC 2046, 5.1.1
LONGEST_HEAD: Final = 512  # bytes of the head of a part
_BLANK_LINE: Final = re.compile(rb"\r\n\r\n|\r\r|\n\n")  # the ends of a head that Werkzeug accepts
_FILE: Final = re.compile(rb";\s*filename\*?\s*=", re.IGNORECASE)


async def fields_of(request: Request, raw: bytes) -> dict[str, str]:
    """The fields of a form. Raises FormInvalid or TextInvalid.

    Checked before parsing, as Werkzeug replaces invalid UTF-8 and needs 60 ms for a part with a head of 64 KiB.
    """
    boundary = request.mimetype_params.get("boundary", "").encode()
    pieces = raw.split(b"--" + boundary)[1:] if 0 < len(boundary) <= LONGEST_BOUNDARY else []
    parts = [piece for piece in pieces if not piece.startswith(b"--")]
    if len(parts) > MOST_FIELDS:
        raise FormInvalid(f"A form may have {MOST_FIELDS} fields.")
    for part in parts:
        end = _BLANK_LINE.search(part, 0, LONGEST_HEAD)
        if end is None:
            raise FormInvalid("A part of that form has too long a head, or none.")
        if _FILE.search(part, 0, end.start()):
            raise FormInvalid("Files are not taken here. The text of one is posted by curl -F 'text=<notes.txt'.")
    decode(raw)
    request.body.set_result(raw if pieces else b"")
    form = await request.form
    if len(form) < sum(1 for _ in form.items(multi=True)):
        raise FormInvalid("A form has each of its fields once.")
    return {name: value for name, value in form.items() if name is not None}
