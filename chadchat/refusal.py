"""Refusal: the base class of the refusals that errors.py and web/errors.py declare, and the two exceptions of
operators' commands."""

from __future__ import annotations

from typing import ClassVar


class ChatError(Exception):
    """A refusal. Each subclass is one refusal, or the common base of several.

    `sentence` is a template, and `values` are the names in it, in the order of the arguments of the constructor.
    `section` is a section of /help, `field` the form field at fault, `retry_after` in seconds, `until` the timestamp at
    which it ends. A value with the name `field` or `retry_after` sets that attribute. If `closes` is True the
    connection is closed after the answer.
    """

    status = 400
    code = "bad_request"
    section = "errors"
    sentence = "That request could not be understood."
    values: ClassVar[tuple[str, ...]] = ()
    field: str | None = None
    retry_after: int | None = None
    until: str | None = None
    closes = False

    def __init_subclass__(
        cls, status: int = 0, code: str = "", section: str = "", field: str = "", retry_after: int = 0
    ) -> None:
        cls.status = status or cls.status
        cls.code = code or cls.code
        cls.section = section or cls.section
        cls.field = field or cls.field
        cls.retry_after = retry_after or cls.retry_after

    def __init__(self, *given: object) -> None:
        named = dict(zip(self.values, given, strict=True))
        self.sentence = self.sentence.format(**named)
        super().__init__(self.sentence)
        for name in named.keys() & {"field", "retry_after"}:
            setattr(self, name, named[name])


class Until(ChatError, status=403, section="owners"):
    """A refusal that ends at a time, which is given as a timestamp and shown to the minute."""

    values = ("room", "until")

    def __init__(self, room: str, until: str) -> None:
        super().__init__(room, until[:16].replace("T", " "))
        self.until = until


class DataError(Exception):
    """The reason why an operator's command failed, as one sentence for the terminal."""


class StartupError(Exception):
    """The reason why the program does not start, as one sentence for the terminal."""
