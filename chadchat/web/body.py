"""Reading what a request brings: JSON, a form, or the raw text itself."""

from __future__ import annotations

import asyncio
import json
from typing import Final, cast
from urllib.parse import parse_qsl

from quart import request
from werkzeug.exceptions import RequestTimeout

from ..errors import FormInvalid, JsonInvalid, NameInvalid, TextInvalid
from ..messages import Draft
from .respond import chat, header

MOST_FIELDS: Final = 20


async def read_fields() -> dict[str, str]:
    """The fields of a form or a JSON object, whichever came. Raises JsonInvalid or FormInvalid."""
    if request.mimetype == "application/json":
        return _json_fields(await _raw())
    if request.mimetype == "multipart/form-data":
        await _raw()  # all of it, in time; what follows only parses
        return {name: value for name, value in (await request.form).items()}
    return _form_fields(await _raw())


async def read_name(fields: dict[str, str]) -> str:
    """The name in the fields, else in the `Name:` header, else in the address. Empty where nobody said one."""
    return fields.get("name") or _name_header() or (request.args.get("name", "") if request.query_string else "")


async def read_draft() -> Draft:
    """A message: JSON; a form with a `text` field; else the raw body is the text, as it came.

    Raises JsonInvalid, FormInvalid, TextInvalid.
    """
    if request.mimetype in ("application/json", "multipart/form-data"):
        fields = await read_fields()
    else:
        raw = await _raw()
        # `curl -d 'tea?'` says that it is a form: only a field called text makes it one.
        fields = _form_fields(raw) if request.mimetype == "application/x-www-form-urlencoded" and _has_text(raw) else {}
        fields = fields or {"text": _decode(raw)}
    key = header(b"idempotency-key") or fields.get("key") or None
    return Draft(fields.get("text", ""), await read_name(fields) or None, key)


def _json_fields(raw: bytes) -> dict[str, str]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise JsonInvalid("That is not valid JSON.") from error
    if not isinstance(value, dict):
        raise JsonInvalid('JSON must be an object, like {"text": "tea?"}.')
    fields = {name: text for name, text in value.items() if text is not None}
    if wrong := [name for name, text in fields.items() if not isinstance(text, str)]:
        raise JsonInvalid(f"{wrong[0][:40]!r} must be a string.")
    return fields


def _form_fields(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError as error:
        raise TextInvalid("That text is not valid UTF-8.") from error
    except ValueError as error:
        raise FormInvalid(f"A form may have {MOST_FIELDS} fields.") from error
    return dict(pairs)


async def _raw() -> bytes:
    """Raises RequestTimeout (408) for a body that does not end. Quart's own BODY_TIMEOUT costs a task a request."""
    try:
        async with asyncio.timeout(chat().settings.body_timeout):
            return cast(bytes, await request.get_data(as_text=False))
    except TimeoutError as error:
        raise RequestTimeout from error


def _has_text(raw: bytes) -> bool:
    return raw.startswith(b"text=") or b"&text=" in raw


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TextInvalid("That text is not valid UTF-8.") from error


def _name_header() -> str:
    # Header values reach us as latin-1; curl sends the terminal's UTF-8.
    try:
        return (header(b"name") or "").encode("latin-1").decode("utf-8")
    except UnicodeError as error:
        raise NameInvalid("The Name header is not valid UTF-8.") from error
