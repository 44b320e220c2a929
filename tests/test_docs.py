"""The documents match the code: docs/design.md and docs/api.md name every module, route, refusal and kind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from quart import Quart

from chadchat.refusal import ChatError
from chadchat.server import http11
from chadchat.storage.apply import RULES
from chadchat.web import errors

from .test_house import FLOORS, ROOT

API = (ROOT / "docs" / "api.md").read_text()
MAP = (ROOT / "docs" / "design.md").read_text()


def section(document: str, title: str) -> str:
    """The text of a section of the second level."""
    return document.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of each row of a table, without its head."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return [row for row in cells[1:] if not row[0].startswith("---")]


def quoted(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`\n]+)`", text)


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/design.md", "docs/api.md"])
def test_every_path_that_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    named = {word for word in quoted(text) if re.fullmatch(r"\w[\w./]*(/|\.py|\.md)", word)}
    linked = {path for path in re.findall(r"\]\(([^):]+)\)", text)}

    assert named | linked
    assert [
        path for path in sorted(named) if not any((ROOT / start / path).exists() for start in ("", "chadchat"))
    ] == []
    assert [path for path in sorted(linked) if not ((ROOT / document).parent / path).exists()] == []


def test_make_help_names_tests_that_exist() -> None:
    texts = [(ROOT / name).read_text() for name in ("Makefile", "CONTRIBUTING.md", "README.md")]
    named = {path for text in texts for path in re.findall(r"ARGS=\"?(tests/[\w/.]*)", text)}

    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_layout_names_every_folder_and_module_in_the_order_of_the_floors() -> None:
    layout = [quoted(place) for place, _ in rows(section(MAP, "Layout"))]
    named = [tuple(name.rstrip("/").removesuffix(".py") for name in row) for row in layout]

    assert named == list(FLOORS)
    assert all(is_folder(name) for row in layout for name in row if name.endswith("/"))


def is_folder(name: str) -> bool:
    return Path(ROOT / "chadchat" / name).is_dir()


def test_a_document_that_the_code_cites_is_here() -> None:
    places = ("chadchat/**/*.py", "tests/**/*.py", "bench/**/*.py", "migrations/*.sql")
    files = [path for place in places for path in ROOT.glob(place)]
    document = re.compile(r"(?<![\w/.])(?:[a-z]+/|[A-Z])[\w-]*\.md\b")
    cited = {name for path in files for name in document.findall(path.read_text())}

    assert len(cited) > 3
    assert [name for name in sorted(cited) if not (ROOT / name).exists()] == []


# How the reference writes the variable parts of an address.
PARTS = {
    "<code:code>": "KQZF",
    "<int:seq>": "128",
    "<member>": "7f3a",
    "<int:id>": "<id>",
    "<emoji>": "\N{THUMBS UP SIGN}",
    "<path:filename>": "<file>",
    "<file:name>": "log.txt",
}
SUFFIXES = re.compile(r"\.<any\((.*)\):kind>")


def addresses(rule: str) -> list[str]:
    """A rule of the route table as the reference writes it."""
    for part, shown in PARTS.items():
        rule = rule.replace(part, shown)
    found = SUFFIXES.search(rule)
    return [SUFFIXES.sub(f".{kind}", rule) for kind in found[1].split(",")] if found else [rule]


def test_the_reference_has_every_route_and_no_other(app: Quart) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.methods]
    routes = {
        f"{method} {address}"
        for rule in rules
        for method in set(rule.methods or ()) - {"HEAD", "OPTIONS"}
        for address in addresses(rule.rule)
    }
    written = [call for row in rows(section(API, "Resources")) for call in quoted(row[0])]

    assert len(written) == len(set(written))
    assert set(written) == routes


def refusals(base: type[ChatError] = ChatError) -> set[tuple[str, int]]:
    """Code and status of every refusal the package declares."""
    own = {(base.code, base.status)} if base is ChatError or base.code != ChatError.code else set()
    return own.union(*(refusals(more) for more in base.__subclasses__() if more.__module__.startswith("chadchat")))


def test_the_reference_has_every_refusal_and_no_other(app: Quart) -> None:
    framework = {(code, status) for status, (code, _) in errors._FRAMEWORK.items()}
    unread = {(code, status) for status, (code, _) in http11._REFUSALS.items()} | {(http11._TOO_SMALL[0], 400)}
    written = [(*quoted(code), int(status)) for code, status, _ in rows(section(API, "Refusals")) if code != "code"]

    assert len(written) == len(set(written))
    assert set(written) == refusals() | framework | unread


def test_the_reference_has_every_kind_of_event_and_no_other() -> None:
    written = [quoted(kind)[0] for kind, *_ in rows(section(API, "Kinds"))]

    assert sorted(written) == sorted(RULES)


def test_the_reference_says_the_control_events_of_a_stream() -> None:
    written = {quoted(kind)[0] for kind, _, _ in rows(section(API, "Streams"))}

    assert written == {"open", "reset", "people", "typing", "cursor", "bye", "end"}
