"""The rules of the house that a test can check: imports, file lengths, and which code may do what."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYTHON = sorted((ROOT / "chadchat").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))


def imports(path: Path) -> set[str]:
    """The names of this package's modules that a module imports, from the top of the package on."""
    base = path.relative_to(ROOT).parent.parts
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            start = list(base[: len(base) - node.level + 1])
            parts = start + (node.module.split(".") if node.module else [])
            names = [alias.name for alias in node.names] if not node.module else []
            found |= {".".join(parts)} | {".".join([*parts, name]) for name in names}
    return found


# A folder or module imports only what stands below it. docs/design.md has the same list.
FLOORS = (
    ("__main__",),
    ("cli",),
    ("launcher",),
    ("app",),
    ("views",),
    ("web",),
    ("node",),
    ("live",),
    ("domain",),
    ("log",),
    ("storage", "server", "pictures", "metrics"),
    ("kinds", "settings"),
    ("words", "expired"),
    ("events", "errors", "setting", "jitter", "paths", "diagnostics"),
    ("refusal", "__init__"),
)


def place(path: Path) -> str:
    """The folder or module directly below the package."""
    return path.relative_to(ROOT / "chadchat").parts[0].removesuffix(".py")


def test_every_import_goes_down() -> None:
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    wrong = set()
    for path in PYTHON:
        for name in imports(path):
            there = [*name.split("."), "__init__"][1]
            if there in floor and there != place(path) and floor[there] <= floor[place(path)]:
                wrong.add(f"{path.relative_to(ROOT)} imports {name}")

    assert {place(path) for path in PYTHON} == set(floor)
    assert wrong == set()


@pytest.mark.parametrize(
    ("library", "places"),
    [("hypercorn|h11|h2", {"server"}), ("quart", {"app", "web", "views"})],
    ids=["hypercorn", "quart"],
)
def test_a_library_of_the_web_is_known_to_its_own_places_only(library: str, places: set[str]) -> None:
    imported = re.compile(rf"^\s*(from|import) ({library})\b", re.MULTILINE)

    assert {place(path) for path in PYTHON if imported.search(path.read_text())} == places


def test_only_the_log_and_the_storage_apply_events() -> None:
    applied = re.compile(r"from [.\w]+ import .*\bapply\b")

    assert {place(path) for path in PYTHON if applied.search(path.read_text())} == {"log", "storage"}


def test_only_apply_writes_tables() -> None:
    writes = re.compile(r"\b(INSERT INTO|UPDATE \w+ SET|DELETE FROM|REPLACE INTO)\b")

    written = {path for path in PYTHON if writes.search(path.read_text())}
    beside = {path.relative_to(ROOT / "chadchat").as_posix() for path in written if path.parent.name != "apply"}
    assert beside == {"storage/search.py"}, "which writes another file, that is derived from the log"
    assert len(written) > 5


def test_only_a_restore_makes_events_that_skip_the_check_of_their_actor() -> None:
    """Events with the mark `carried` pass `require_owner`: nothing that serves requests may set it."""
    marks = {str(path.relative_to(ROOT / "chadchat")) for path in PYTHON if '"carried"' in path.read_text()}

    reading = {f"storage/apply/{name}.py" for name in ("edits", "messages", "moderation", "seats")}
    assert marks - {"storage/carry.py", "storage/carried_edits.py"} == reading, "which only read it"


def test_apply_knows_no_clock_and_no_chance() -> None:
    source = "".join(path.read_text() for path in PYTHON if path.parent.name == "apply")

    assert "INSERT INTO log" in source
    assert not re.search(r"\bnow\(|utcnow|import (time|random|secrets|uuid|os)|datetime\.now|RANDOM\(|'now'", source)


def is_written(pattern: ast.expr) -> bool:
    """Whether a pattern stands in the source as it is: strings, constants by their names, and what is made of those."""
    match pattern:
        case ast.JoinedStr(values=parts):
            return all(is_written(part) for part in parts)
        case ast.FormattedValue(value=value):
            return is_written(value)
        case ast.BinOp(left=left, right=right):
            return is_written(left) and is_written(right)
        case ast.Call(func=ast.Attribute(attr="escape"), args=[value]):
            return is_written(value)
    return isinstance(pattern, ast.Constant) or (isinstance(pattern, ast.Name) and pattern.id.isupper())


def patterns(path: Path) -> list[tuple[int, ast.expr]]:
    """The line and the pattern of every call of `re`."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) and node.args]
    return [
        (call.lineno, call.args[0])
        for call in calls
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id == "re"
    ]


def test_nothing_from_outside_is_part_of_a_pattern() -> None:
    known = {"config.py", "setting.py"}  # one widens a pattern of h11, one takes those of the declarations
    found = {(path.name, line): pattern for path in PYTHON for line, pattern in patterns(path)}
    assert len(found) > 10

    assert [place for place, pattern in found.items() if not is_written(pattern) and place[0] not in known] == []


def test_a_code_is_made_in_few_places() -> None:
    made = [path.name for path in PYTHON if re.search(r"\bCode\(", path.read_text())]

    assert made == ["codes.py", "shortcut.py", "throttle.py"]  # the others take what a pattern of their own has matched


def test_what_is_remembered_by_its_argument_has_its_length_looked_at() -> None:
    """A cache keyed by what a stranger sends, of any length, is memory that a stranger has."""
    cached = {path.name for path in PYTHON if "lru_cache" in path.read_text()}

    assert cached == {
        "lookalikes.py",
        "names.py",
        "one_write.py",
        "pictures.py",
        "visitors.py",
        "wellformed.py",
    }


def test_unescaped_output_is_the_sanitised_message_and_nothing_else() -> None:
    unescaped = re.compile(r"\|\s*safe|Markup\(|autoescape false|render_template_string")
    found = [(path.name, match[0]) for path in TEMPLATES + PYTHON for match in unescaped.finditer(path.read_text())]

    assert found == [("_message.html", "|safe")]


def test_nothing_in_a_page_is_inline() -> None:
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=|hx-on|<script(?![^>]*\ssrc=)|javascript:")

    assert [path.name for path in TEMPLATES if inline.search(path.read_text())] == []


@pytest.mark.parametrize(
    ("files", "most"),
    [
        (PYTHON, 250),
        (TEMPLATES, 100),
        ([path for path in TEMPLATES if path.name.startswith("_")], 40),
        (SCRIPTS, 100),
    ],
    ids=["modules", "pages", "partials", "scripts"],
)
def test_files_stay_small_enough_to_read(files: list[Path], most: int) -> None:
    assert files
    assert {path.name: lines for path in files if (lines := path.read_text().count("\n")) > most} == {}


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines a function has, without its head and its docstring."""
    first = function.body[1 if ast.get_docstring(function) and len(function.body) > 1 else 0]
    return (function.end_lineno or 0) - first.lineno + 1


def test_a_view_reads_calls_the_domain_and_answers_in_twenty_lines() -> None:
    found = {
        f"{path.stem}.{node.name}": body_lines(node)
        for path in PYTHON
        if place(path) == "views"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert len(found) > 50
    assert {name: lines for name, lines in found.items() if lines > 20} == {}


def test_the_scripts_and_the_styles_together_stay_small() -> None:
    styles = list((ROOT / "static" / "css").glob("*.css"))

    assert 0 < sum(path.read_text().count("\n") for path in SCRIPTS) <= 3563
    assert 0 < sum(path.read_text().count("\n") for path in styles) <= 1099


def test_a_line_of_a_template_or_a_script_fits_the_screen() -> None:
    longest = {path: 160 if path.suffix == ".html" else 120 for path in TEMPLATES + SCRIPTS}
    long = [
        f"{path.name}:{number}"
        for path, most in longest.items()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > most
    ]

    assert long == []


def test_templates_leave_slicing_and_tables_to_python() -> None:
    cuts = re.compile(r"\[:?\d*:\d*\]|\|replace\(|\|list\|join|\}\.get\(")
    allowed = {"people[:3]", "draft[:1]", "token[:8]"}
    found = [
        f"{path.name}: {match[0]}"
        for path in TEMPLATES
        for match in re.finditer(r"\w*(?:" + cuts.pattern + ")", path.read_text())
        if match[0] not in allowed
    ]

    assert found == []
