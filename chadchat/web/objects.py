"""JSON objects in the bodies of requests, and the fields in them that are known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from .body_errors import JsonInvalid

_DIGITS: Final = 18  # of a number in JSON
_NUMBERS: Final = frozenset({"reply_to"})  # fields that JSON may give as a number


def object_of(raw: bytes | str) -> dict[str, object]:
    """The object that JSON holds. Raises JsonInvalid."""
    try:
        value = json.loads(raw, object_pairs_hook=_once, parse_int=_integer)
    except RecursionError as error:
        raise JsonInvalid("That JSON is nested too deeply.") from error
    except ValueError as error:
        raise JsonInvalid('That is not valid JSON. Send {"text": "tea?"}, or plain text as text/plain.') from error
    if not isinstance(value, dict):
        raise JsonInvalid('JSON must be an object, like {"text": "tea?"}.')
    return value


def strings_of(value: Mapping[str, object], known: frozenset[str]) -> dict[str, str]:
    """The known fields of a JSON object; other fields may hold anything. Raises JsonInvalid."""
    fields: dict[str, str] = {}
    for name in value.keys() & known:
        match value[name]:
            case str(text):
                fields[name] = text
            case bool(on) if name == "on":
                fields[name] = str(int(on))
            case int(number) if name in _NUMBERS and type(number) is int:
                fields[name] = str(number)
            case None:
                pass
            case _:
                raise JsonInvalid(f"{name!r} must be a string.", name)
    return fields


def _integer(digits: str) -> int | float:
    """An integer of thousands of digits, which Python refuses, is a float: no field that we read is as long."""
    return int(digits) if len(digits) <= _DIGITS else float(digits)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object as a dict. Raises JsonInvalid for a duplicate name, as parsers differ in which value they take."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise JsonInvalid("That JSON has a name twice in one object.")
    return value
