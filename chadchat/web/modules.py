"""Joins ES modules into one script that a browser loads with one request.

Each module becomes a function that is called once, in the order of the imports, and returns the exported names, so that
the other names stay private. Only this syntax is supported: `import {a, b as c} from './x.js';`, `import './x.js';`,
and `export` before a function or a constant.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_IMPORT: Final = re.compile(r"^import (?:\{([^}]*)\} from )?'\./(\w+)\.js';\n", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ((?:async )?function |const )(\w+)", re.MULTILINE)
_LEFT: Final = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_ALIAS: Final = re.compile(r"(\w+) as (\w+)")


def join(folder: Path, entry: str) -> str:
    """The script of a module with all modules that it imports. Raises ValueError for unsupported syntax and for
    circular imports.
    """
    parts: dict[str, str] = {}
    _add(folder, entry, parts, ())
    return "'use strict';\n(() => {\n" + "".join(parts.values()) + "})();\n"


def _add(folder: Path, name: str, parts: dict[str, str], importing: tuple[str, ...]) -> None:
    if name in importing:
        raise ValueError(f"{' -> '.join([*importing, name])}: modules import each other")
    if name in parts:
        return
    source = (folder / f"{name}.js").read_text(encoding="utf-8")
    for _, imported in _IMPORT.findall(source):
        _add(folder, imported, parts, (*importing, name))
    exported = ", ".join(match[1] for match in _EXPORT.findall(source))
    body = _EXPORT.sub(r"\1\2", _IMPORT.sub(_bind, source))
    if left := _LEFT.search(body):
        raise ValueError(f"{name}.js: {left[0]}")
    parts[name] = f"const module_{name} = (() => {{\n{body}return {{{exported}}};\n}})();\n"


def _bind(statement: re.Match[str]) -> str:
    names, module = statement.groups()
    bound = _ALIAS.sub(r"\1: \2", names or "")
    return f"const {{{bound}}} = module_{module};\n" if bound else ""
