"""The posts of tools that speak to Slack: JSON with `username` and `attachments`, or a form with it in `payload`.

What is understood is what such a post says in plain words. Its markup and blocks are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

_PAYLOAD: Final = re.compile(rb"payload=(\+|%20|%0[AaDd])*(%7[Bb]|\{)[^&]*")
MOST: Final = 20  # attachments of a post, as many as Slack recommends at most


def payload(raw: bytes) -> bytes | None:
    """The JSON of an urlencoded form whose only field is `payload`; None if the body is anything else."""
    if not _PAYLOAD.fullmatch(raw):
        return None
    return unquote_to_bytes(raw.removeprefix(b"payload=").replace(b"+", b" "))


def as_post(said: Mapping[str, object]) -> dict[str, object]:
    """The JSON of a post with the names that chadchat knows: `username` is the name where there is no `name`, and the
    words of the attachments are the text where there is no `text`.
    """
    post = dict(said)
    if said.get("name") in (None, "") and isinstance(said.get("username"), str):
        post["name"] = said["username"]
    if said.get("text") in (None, "") and (words := "\n".join(_attached(said.get("attachments")))):
        post["text"] = words
    return post


def _attached(attachments: object) -> Iterator[str]:
    for one in attachments[:MOST] if isinstance(attachments, list) else []:
        if not isinstance(one, dict):
            continue
        words = [one[part] for part in ("pretext", "title", "text") if one.get(part) and isinstance(one[part], str)]
        fallback = one.get("fallback")
        yield from words or ([fallback] if isinstance(fallback, str) and fallback else [])
