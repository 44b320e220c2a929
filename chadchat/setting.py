"""Setting: the declaration of one, with its form and bounds; and Rate, the type of the settings that are rates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from .refusal import StartupError

MOST: Final = 1_000_000  # the largest value of a limit: more than one process can serve

_WHOLE: Final = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_RATE: Final = re.compile(r"(\d{1,20}), then (\d{1,20})/(s|min|h)", re.ASCII)
_SECONDS: Final = {"s": 1, "min": 60, "h": 3600}
LONGEST_SHOWN: Final = 60  # characters of a refused value


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate limit: `burst` at once, then one more every `every` seconds. Written "10, then 1/s", "30, then 2/min"."""

    burst: int
    every: float

    @classmethod
    def read(cls, given: str) -> Rate | None:
        """Parse a rate; None if the text is not one, or a number in it is not from 1 to MOST."""
        found = _RATE.fullmatch(given)
        if found is None or not all(1 <= int(count) <= MOST for count in found.groups()[:2]):
            return None
        return cls(int(found[1]), _SECONDS[found[3]] / int(found[2]))

    def __str__(self) -> str:
        """The rate as it is written in a setting, in the shortest unit in which its number is at least 1."""
        unit = next((unit for unit, seconds in _SECONDS.items() if self.every <= seconds), "h")
        return f"{self.burst}, then {number(_SECONDS[unit] / self.every)}/{unit}"


Value = str | int | float | Rate
T = TypeVar("T", str, int, float, Rate)


@dataclass(frozen=True, slots=True)
class Setting:
    """The declaration of one setting. Its type is the type of its default.

    A number must be from `least` to `most`, each number of a rate from 1 to MOST. A text must be one of `choices`, or
    have at most `most` bytes (0: as many as it likes) and match `pattern`, which `form` describes.
    """

    name: str
    default: Value
    sentence: str
    least: float = 0
    most: float = 0
    choices: tuple[str, ...] = ()
    pattern: str = r"[^\0\r\n]+"
    form: str = "one line"

    @property
    def allowed(self) -> str:
        """The allowed values in words, to follow "must be"."""
        if self.choices:
            return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        if isinstance(self.default, str):
            return f"{self.form} of at most {self.most:g} bytes" if self.most else self.form
        if isinstance(self.default, Rate):
            return f'a rate like "10, then 1/s" or "30, then 2/min" (s, min, h), of numbers from 1 to {MOST}'
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} from {number(self.least)} to {number(self.most)}"

    def read(self, given: str, called: str) -> Value:
        """Parse a text that is not empty. Raises StartupError, whose sentence names the setting as `called`."""
        value = self._value(given)
        if value is None:
            shown = repr(given if len(given) <= LONGEST_SHOWN else f"{given[:LONGEST_SHOWN]}...")
            raise StartupError(f"{called} must be {self.allowed}, not {shown}.")
        return value

    def _value(self, given: str) -> Value | None:
        if self.choices:
            return given if given in self.choices else None
        if isinstance(self.default, str):
            short = not self.most or len(given.encode(errors="surrogatepass")) <= self.most
            return given if short and re.fullmatch(self.pattern, given) else None
        if isinstance(self.default, Rate):
            return Rate.read(given)
        kind, pattern = (int, _WHOLE) if isinstance(self.default, int) else (float, _NUMBER)
        value = kind(given) if pattern.fullmatch(given) else None
        return value if value is not None and self.least <= value <= self.most else None


def declared(default: T, sentence: str, **rules: Any) -> T:
    """Declare a field of Settings. `rules` are further fields of its Setting."""
    return field(default=default, metadata={"sentence": sentence, **rules})


def number(value: float) -> str:
    """The number without a trailing `.0` or an exponent: 15, 0.04, 1000000."""
    return f"{value:.10g}"
