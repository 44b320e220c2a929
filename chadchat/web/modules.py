"""Joins ES modules into one script that a browser loads with one request.

Each module becomes a function that is called once, in the order of the imports, and returns the exported names, so that
the other names stay private. Only this syntax is supported: `import {a, b as c} from './x.js';`, `import './x.js';`,
and `export` before a function or a constant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_IMPORT: Final = re.compile(r"^import (?:\{([^}]*)\} from )?'\./(\w+)\.js';\n", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ((?:async )?function |const )(\w+)", re.MULTILINE)
_LEFT: Final = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_NONE: Final[Mapping[str, str]] = {}
_ALIAS: Final = re.compile(r"(\w+) as (\w+)")


def join(folder: Path, entry: str) -> str:
    """The script of a module with all modules that it imports. Raises ValueError for unsupported syntax and for
    circular imports.
    """
    parts: dict[str, str] = {}
    _add(folder, entry, parts, ())
    return "'use strict';\n(() => {\n" + "".join(parts.values()) + "})();\n"


def split(folder: Path, entry: str, later: str) -> tuple[str, str]:
    """The script of `entry`, and that of `later`: a module for import() which has the exports of `later`, and uses the
    modules that the first script has. Raises ValueError as `join` does.
    """
    early: dict[str, str] = {}
    late: dict[str, str] = {}
    _add(folder, entry, early, ())
    _add(folder, later, late, (), early)
    shared = [name for name in early if any(f" = module_{name};" in part for part in late.values())]
    last = early.pop(entry)
    given = "globalThis.modules = {" + ", ".join(f"{name}: module_{name}" for name in shared) + "};\n"
    taken = "const {" + ", ".join(f"{name}: module_{name}" for name in shared) + "} = globalThis.modules;\n"
    exported = ", ".join(match[1] for match in _EXPORT.findall((folder / f"{later}.js").read_text(encoding="utf-8")))
    first = "'use strict';\n(() => {\n" + "".join(early.values()) + given + last + "})();\n"
    return first, taken + "".join(late.values()) + f"export const {{{exported}}} = module_{later};\n"


def _add(
    folder: Path, name: str, parts: dict[str, str], importing: tuple[str, ...], given: Mapping[str, str] = _NONE
) -> None:
    if name in importing:
        raise ValueError(f"{' -> '.join([*importing, name])}: modules import each other")
    if name in parts or name in given:
        return
    source = (folder / f"{name}.js").read_text(encoding="utf-8")
    for _, imported in _IMPORT.findall(source):
        _add(folder, imported, parts, (*importing, name), given)
    exported = ", ".join(match[1] for match in _EXPORT.findall(source))
    body = _EXPORT.sub(r"\1\2", _IMPORT.sub(_bind, source))
    if left := _LEFT.search(body):
        raise ValueError(f"{name}.js: {left[0]}")
    parts[name] = f"const module_{name} = (() => {{\n{body}return {{{exported}}};\n}})();\n"


def _bind(statement: re.Match[str]) -> str:
    names, module = statement.groups()
    bound = _ALIAS.sub(r"\1: \2", names or "")
    return f"const {{{bound}}} = module_{module};\n" if bound else ""
