"""Reading what a request brings: JSON, a form, or the raw text itself."""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import parse_qsl

from ..errors import FormInvalid, JsonInvalid, NameInvalid, TextInvalid
from ..messages import Draft
from ..spread import spread
from .request import MOST_FIELDS, Request
from .respond import asked, chat

_PATIENCE: Final = spread(0.92, 1.0)  # times the setting: slow bodies that came together are not given up together
_FORM: Final = "application/x-www-form-urlencoded"
_STRUCTURED: Final = ("application/json", "multipart/form-data")


async def read_fields() -> dict[str, str]:
    """The fields of a form or a JSON object, whichever came. Raises JsonInvalid or FormInvalid."""
    return await _fields(asked(), await _raw())


async def read_name(fields: dict[str, str]) -> str:
    """The name in the fields, else in the `Name:` header, else in the address. Empty where nobody said one."""
    return fields.get("name") or _name_header() or (asked().args.get("name", "") if asked().query_string else "")


async def read_draft() -> Draft:
    """A message: JSON; a form with a `text` field; else the raw body is the text, as it came.

    Raises JsonInvalid, FormInvalid, TextInvalid.
    """
    request, raw = asked(), await _raw()
    # `curl -d 'tea?'` says that it is a form: only a field called text makes it one.
    kind = request.mimetype
    if kind in _STRUCTURED or (kind == _FORM and _has_text(raw)):
        fields = await _fields(request, raw)
    else:
        fields = {"text": _decode(raw)}
    key = request.header(b"idempotency-key") or fields.get("key") or None
    return Draft(fields.get("text", ""), await read_name(fields) or None, key)


async def _fields(request: Request, raw: bytes) -> dict[str, str]:
    if request.mimetype == "application/json":
        return _json_fields(raw)
    if request.mimetype == "multipart/form-data":
        request.body.set_result(raw)
        return {name: value for name, value in (await request.form).items()}
    return _form_fields(raw)


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
    return await asked().read(chat().settings.body_timeout * next(_PATIENCE))


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
        return asked().head.get(b"name", b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise NameInvalid("The Name header is not valid UTF-8.") from error
