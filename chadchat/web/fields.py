"""The longest value of each field and header that a request may have, checked before anything else uses it.

Most limits are four times the domain's own, whose refusals explain more. They protect code whose time grows faster than
the length of its input, and caches. `check` applies them to the fields of forms, JSON and queries, `wellformed.py`
applies `HEADERS` to headers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..domain import codes, files, messages, names, passphrases, rooms
from ..domain.reactions import ReactionInvalid
from ..errors import KeyInvalid, NameInvalid, TextInvalid, TextTooLong, TitleInvalid
from ..refusal import ChatError
from .errors import FieldInvalid
from .request import LARGEST_BODY

MOST_IN_ADDRESS: Final = 50  # fields of a query; other sites may have added some to a link

_SHORT: Final = 64
_ANY: Final = 1024  # characters of an unknown field
_LONGEST: Final = {
    "text": LARGEST_BODY,
    "name": names.LONGEST_RAW,
    "title": rooms.LONGEST_RAW_TITLE,
    "code": codes.LONGEST_PASTED,
    "room": codes.LONGEST_PASTED,
    "passphrase": 4 * passphrases.LONGEST,
    "key": 4 * messages.LONGEST_KEY,
    "alt": 4 * files.LONGEST_ALT,
    **dict.fromkeys(
        (
            "_method",
            "as",
            "create",
            "emoji",
            "files",
            "for",
            "heir",
            "ownerless",
            "network",
            "rename",
            "sure",
            "join",
            "kind",
            "lock",
            "member",
            "message",
            "on",
            "read_only",
            "reply",
            "reply_to",
            "typing",
        ),
        _SHORT,
    ),
    **dict.fromkeys(("edits", "keep_days", "keep_events", "slow", "poll"), _SHORT),
}

KNOWN: Final = frozenset(_LONGEST) | {"knock"}  # the fields that some view reads

# Bytes of each header that we read. Other headers only count for the total size (`wellformed.MOST_HEADERS`).
HEADERS: Final = {
    b"accept": 2048,
    b"authorization": 512,
    b"content-encoding": _SHORT,
    b"content-type": 512,
    b"filename": _ANY,
    b"hx-request": _SHORT,
    b"idempotency-key": 512,
    b"if-match": _ANY,
    b"if-modified-since": _SHORT,
    b"if-none-match": _ANY,
    b"if-range": _ANY,
    b"if-unmodified-since": _SHORT,
    b"in-reply-to": _SHORT,
    b"last-event-id": _ANY,
    b"name": 4 * names.LONGEST_RAW,
    b"origin": 512,
    b"range": _ANY,
    b"sec-fetch-site": _SHORT,
}

LONGEST_PART: Final = _SHORT  # characters of a path segment: a member's id, a link's token


def check(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields if none is too long or holds a lone surrogate, which JSON can express but UTF-8 cannot.

    Raises NameInvalid, TitleInvalid, KeyInvalid, TextTooLong, TextInvalid or FieldInvalid.
    """
    for name, value in fields.items():
        if len(value) > _LONGEST.get(name, _ANY):
            raise _too_long(name, value)
        try:
            value.encode()
            name.encode()
        except UnicodeEncodeError as error:
            raise _not_unicode(name) from error
    return dict(fields)


def _too_long(name: str, value: str) -> ChatError:
    match name:
        case "text":
            return TextTooLong(len(value), messages.LONGEST)
        case "name":
            return NameInvalid(f"That name is {len(value)} characters long; a name may have {names.LONGEST}.")
        case "title":
            return TitleInvalid(f"That title is {len(value)} characters long; a title may have {rooms.LONGEST_TITLE}.")
        case "key":
            return KeyInvalid()
        case "emoji":
            return ReactionInvalid()
    return FieldInvalid(name, f"{_shown(name)} is {len(value)} characters long, which is too much.")


def _not_unicode(name: str) -> ChatError:
    sentence = f"{_shown(name)} is not valid UTF-8."
    match name:
        case "text":
            return TextInvalid("That text is not valid UTF-8.")
        case "name":
            return NameInvalid(sentence)
        case "title":
            return TitleInvalid(sentence)
        case "emoji":
            return ReactionInvalid()
    return FieldInvalid(name, sentence)


def _shown(name: str) -> str:
    """A field's name for a refusal, shortened and in ASCII."""
    return f"The field {name[:40]!a}"
