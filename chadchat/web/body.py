"""Reads the body of a request (JSON, a form, or raw text) and the fields of its query."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from werkzeug.exceptions import MethodNotAllowed, RequestTimeout

from ..domain.asking import asking_of, seconds
from ..domain.messages import Draft
from ..errors import TextInvalid, TextRequired
from ..jitter import jitter
from . import multipart
from .body_errors import BodyTimeout, EncodingUnknown, FormInvalid, JsonInvalid
from .charsets import BOM, charset_of, decode
from .errors import Malformed, NumberInvalid
from .fields import KNOWN, MOST_IN_ADDRESS, check
from .objects import object_of, strings_of
from .request import MOST_FIELDS, Request
from .respond import node, request
from .slack import as_post, payload

_PATIENCE: Final = jitter(0.92, 1.0)  # factors of body_timeout, so that slow bodies do not time out together
_FORM: Final = "application/x-www-form-urlencoded"
LARGEST_SEQ: Final = 10**15 - 1
_MULTIPART: Final = "multipart/form-data"
Reading = Callable[[Mapping[str, object]], dict[str, object]]  # of a JSON object

OF_A_POST: Final = frozenset({"text", "name", "key", "reply_to"})
OF_AN_ACT: Final = OF_A_POST | {"_method"}  # on a message


async def read_fields() -> dict[str, str]:
    """The fields of a form or a JSON object. Raises JsonInvalid, FormInvalid, or the errors of `fields.check`."""
    if request().mimetype == _MULTIPART:
        return await _parts()
    return await _fields(request(), await _raw(), KNOWN)


def read_query() -> dict[str, str]:
    """The fields of the query; the first value of a field that is given twice.

    Raises Malformed, FormInvalid, or the errors of `fields.check`.
    """
    asked = request()
    if asked.query is None:
        try:
            pairs = _pairs(asked.query_string.decode(), MOST_IN_ADDRESS) if asked.query_string else []
        except UnicodeDecodeError as error:
            raise Malformed("That address is not valid UTF-8.") from error
        asked.query = check(dict(reversed(pairs)))
        asked.repeats = len(asked.query) < len(pairs)
    return asked.query


def read_wait() -> int | None:
    """The seconds that the caller waits for an answer; None without `wait`. Raises WaitInvalid, or as `read_query`."""
    given = read_query().get("wait")
    return None if given is None else seconds(given)


def asks(field: str) -> bool:
    """Whether a field of the query that is `1` or missing is there. Raises as `read_query`."""
    return read_query().get(field, "0") not in ("", "0")


async def read_name(fields: dict[str, str]) -> str:
    """The name: from the fields, else from the `Name:` header, else from the query; empty if there is none."""
    return fields.get("name") or _name_header() or read_query().get("name", "")


async def read_draft(known: frozenset[str] = OF_A_POST) -> Draft:
    """The message to post: from JSON or a form whose fields are all `known`, else the raw body is its text, unchanged
    but for a byte order mark.

    Raises JsonInvalid, FormInvalid, TextInvalid, TextRequired, NumberInvalid, or the errors of `fields.check` and
    `asking_of`.
    """
    asked, inbox = request(), request().inbox
    kind, fields = asked.mimetype, dict[str, str]()
    if inbox is None or not await inbox.raw():
        fields = await _fields_of_a_post(asked, known)
    if "text" not in fields and not (inbox and inbox.begun):
        raise _without_text("JSON" if is_json(kind) else "form")
    key = asked.header(b"idempotency-key") or fields.get("key") or None
    answered = fields.get("reply_to") or asked.header(b"in-reply-to") or None
    target = None if answered is None else _whole("reply_to", answered, 1, LARGEST_SEQ)
    name = await read_name(fields) or None
    file = inbox.attachment(fields.get("alt", "")) if inbox else None
    return Draft(fields.get("text", ""), name, key, target, asking_of(read_query()), file=file)


async def _fields_of_a_post(asked: Request, known: frozenset[str]) -> dict[str, str]:
    kind = asked.mimetype
    if kind == _MULTIPART:
        return await _parts()
    raw = await _raw()
    if is_json(kind) or (kind == _FORM and _is_form(raw, known)):
        return await _fields(asked, raw, known, as_post)
    fields = _from_slack(raw, known) if kind == _FORM else {}
    return fields or {"text": decode(raw, charset_of(asked))}


async def asked_method() -> str:
    """The method of this request. A form that is sent by POST may name another in its field `_method`, if all of its
    fields are known: what else is sent to a message is a text.
    """
    asked = request()
    if asked.method != "POST" or (asked.mimetype == _FORM and not _names_method(await _raw())):
        return asked.method
    return (await read_fields()).get("_method", "POST").upper() if asked.mimetype in (_FORM, _MULTIPART) else "POST"


async def deletes() -> bool:
    """Whether this request is a DELETE. A POST with the field `_method=delete` counts as one, for HTML forms."""
    return request().method == "DELETE" or (await read_fields()).get("_method", "").lower() == "delete"


async def check_delete() -> None:
    """Raise MethodNotAllowed if this request is not a DELETE."""
    if not await deletes():
        raise MethodNotAllowed(["DELETE"])


def number(field: str, default: int | None, least: int, most: int) -> int:
    """The whole number in a field of the query, from `least` to `most`, or `default`. Raises NumberInvalid."""
    given = read_query().get(field)
    return default if given is None else _whole(field, given, least, most)  # type: ignore[return-value]


def _whole(field: str, given: str, least: int, most: int) -> int:
    if not (given.isascii() and given.isdigit() and len(given) <= 15 and least <= int(given) <= most):
        raise NumberInvalid(field, least, most)
    return int(given)


def is_json(media: str) -> bool:
    """Whether a media type, in lower case and without parameters, is JSON (RFC 6839, 3.1: `+json`)."""
    return media in ("application/json", "text/json") or media.endswith("+json")


async def _fields(request: Request, raw: bytes, known: frozenset[str], read: Reading = dict) -> dict[str, str]:
    kind = request.mimetype
    if is_json(kind):
        named = "charset" in request.mimetype_params
        return check(strings_of(read(object_of(decode(raw, charset_of(request)) if named else raw)), known))
    charset = charset_of(request)
    try:
        return check(dict(_pairs(decode(raw, charset), MOST_FIELDS, charset)))
    except UnicodeDecodeError as error:
        raise TextInvalid("That text is not valid UTF-8.") from error


def _from_slack(raw: bytes, known: frozenset[str]) -> dict[str, str]:
    """The fields of a form as Slack takes them; empty if the body is none, and so a text."""
    said = payload(raw)
    try:
        value = object_of(said) if said else {}
    except JsonInvalid:
        return {}
    fields = check(strings_of(as_post(value), known))
    if said and "text" not in fields:
        raise _without_text("payload")
    return fields


def _without_text(what: str) -> TextRequired:
    """The refusal of a program's post that lacks the field, which is more than to leave it empty."""
    refusal = TextRequired()
    refusal.sentence = f"That {what} has no text. The message goes into the field text."
    return refusal


def _pairs(text: str, most: int, charset: str = "utf-8") -> list[tuple[str, str]]:
    """The fields of a form or a query. Raises FormInvalid if there are more than `most`, or UnicodeDecodeError."""
    try:
        return parse_qsl(text, keep_blank_values=True, encoding=charset, errors="strict", max_num_fields=most)
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        raise FormInvalid(f"A form may have {most} fields.") from error


async def _parts() -> dict[str, str]:
    """The fields of a multipart form, read once. Its file, where one is expected, goes to the inbox."""
    asked = request()
    if asked.fields is None:
        if asked.inbox:
            await asked.inbox.look()
        pieces = asked.inbox.pieces() if asked.inbox else _whole_piece()
        asked.fields = check(await multipart.read(asked.mimetype_params.get("boundary", ""), pieces, asked.inbox))
    return asked.fields


async def _whole_piece() -> AsyncIterator[bytes]:
    yield await _raw()


async def _raw() -> bytes:
    """The body. Raises EncodingUnknown or BodyTimeout, or as `Request.read`."""
    asked, patience = request(), node().settings.body_timeout
    if (asked.header(b"content-encoding") or "identity").strip().lower() not in ("identity", ""):
        raise EncodingUnknown
    try:
        return await asked.read(patience * next(_PATIENCE))
    except RequestTimeout as error:
        raise BodyTimeout(patience) from error


def _is_form(raw: bytes, known: frozenset[str]) -> bool:
    """Whether a post of the media type of forms is one: `curl -d` sends that type with any text, such as
    `see http://x.test/?a=1&text=foo`. A form has a field `text`, and no field that is not `known`.

    Raises FormInvalid for a field that is given twice, as one of the two texts would be lost.
    """
    names = [name.decode("latin-1") if is_pair else "" for name, is_pair in _names(raw)]
    if "text" not in names or not known.issuperset(names):
        return False
    if len(set(names)) < len(names):
        raise FormInvalid("A post has each of its fields once.")
    return True


def _names_method(raw: bytes) -> bool:
    """Whether a form names its method, and has known fields only."""
    names = {name.decode("latin-1") for name, is_pair in _names(raw) if is_pair}
    return "_method" in names and OF_AN_ACT.issuperset(names)


def _names(raw: bytes) -> list[tuple[bytes, bytes]]:
    """The name of each part of a form, and its equals sign if it has one."""
    return [part.partition(b"=")[:2] for part in raw.removeprefix(BOM).split(b"&")]


def _name_header() -> str:
    raw = request().head.get(b"name", b"")
    try:
        name = raw.decode("utf-8")  # curl sends the terminal's bytes
    except UnicodeDecodeError:
        name = raw.decode("latin-1")  # as HTTP libraries send it
    return check({"name": name})["name"]
