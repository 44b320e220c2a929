"""Every refusal is declared completely, and raised with the values that its sentence names."""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from chadchat.errors import CodeInvalid, RoomNotFound
from chadchat.refusal import ChatError

ROOT = Path(__file__).parent.parent
PYTHON = sorted((ROOT / "chadchat").rglob("*.py"))
HELP = "".join((ROOT / "templates" / name).read_text() for name in ("help.html", "_help_owners.html"))
ATTRIBUTES = {"field", "retry_after"}  # of a refusal, which a value can set


def declared(above: type[ChatError] = ChatError) -> Iterator[type[ChatError]]:
    """Every class of refusals that the package has."""
    for kind in above.__subclasses__():
        yield kind
        yield from declared(kind)


for path in PYTHON:
    if "(ChatError" in path.read_text():
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
DECLARED = {kind.__name__: kind for kind in declared()}
REFUSALS = [kind for kind in DECLARED.values() if "sentence" in vars(kind)]  # the others are what several share


def names(template: str) -> set[str]:
    """The values that a template names."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def test_the_refusals_are_found() -> None:
    assert len(REFUSALS) > 55
    assert {"RoomNotFound", "TooManyPosts", "TooManyExports", "CrossSite", "CarriedAlong"} <= DECLARED.keys()


def test_a_code_belongs_to_one_refusal() -> None:
    codes = Counter(kind.code for kind in REFUSALS if kind.__name__ != "CarriedAlong")  # RoomMoved, for some callers

    assert {code for code, count in codes.items() if count > 1} == {RoomNotFound.code}
    assert [kind for kind in REFUSALS if kind.code == RoomNotFound.code] == [CodeInvalid, RoomNotFound]


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_refusal_is_declared_as_a_whole(kind: type[ChatError]) -> None:
    assert re.fullmatch("[a-z_]+", kind.code)
    assert kind.code != ChatError.code
    assert 400 <= kind.status <= 599
    assert kind.sentence == "{reason}" or kind.sentence.endswith(".")
    assert names(kind.sentence) <= set(kind.values) <= names(kind.sentence) | ATTRIBUTES
    assert f'id="{kind.section}"' in HELP


def test_a_refusal_is_raised_with_the_values_that_it_names() -> None:
    """The types of the values are not checked by mypy, their number is checked here."""
    taking = {name: len(kind.values) for name, kind in DECLARED.items() if "__init__" not in vars(kind)}
    taking |= dict.fromkeys((kind.__name__ for kind in DECLARED["LimitReached"].__subclasses__()), 1)
    made: list[tuple[str, int]] = []
    for node in (node for path in PYTHON for node in ast.walk(ast.parse(path.read_text()))):
        match node:
            case ast.Call(func=ast.Name(id=name), args=given) | ast.Raise(exc=ast.Name(id=name) as given):
                made.append((name, len(given) if isinstance(given, list) else 0))

    assert sum(name in taking for name, _ in made) > 100
    assert [(name, count) for name, count in made if count != taking.get(name, count)] == []
